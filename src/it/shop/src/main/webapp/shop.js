import { connect } from './partyline/main.js';

const line = connect();

line.join('files', ({ value }) => {
  const item = document.createElement('li');
  item.textContent = `${value.fileName} was deleted`;
  document.querySelector('#deleted').append(item);
});
await line.request('deleteFile', { fileName: 'a.txt' });
