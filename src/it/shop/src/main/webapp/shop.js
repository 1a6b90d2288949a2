import { connect } from './partyline/main.js';

const line = connect();

line.join('files', (deleted) => {
  const item = document.createElement('li');
  item.textContent = `${deleted.fileName} was deleted`;
  document.querySelector('#deleted').append(item);
});
await line.request('deleteFile', { fileName: 'a.txt' });
