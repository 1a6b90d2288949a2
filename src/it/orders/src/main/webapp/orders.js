import { connect } from './partyline/main.js';

const line = connect();

line.join('orders', (order) => {
  const item = document.createElement('li');
  item.textContent = order.item;
  document.querySelector('#placed').append(item);
});
await line.request('placeOrder', { item: 'apples' });
