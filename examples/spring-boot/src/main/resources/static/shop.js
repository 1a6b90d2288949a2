import { connect } from './partyline/main.js';

const line = connect();

line.on('status', ({ state }) => {
  document.querySelector('#state').textContent = state;
});

document.querySelector('#delete').onclick = () => line.request('deleteFile', { fileName: 'a.txt' });

// Every tab that joined gets this.
line.join('files', ({ fileName, left }) => {
  const entry = document.createElement('li');
  entry.textContent = `${fileName} was deleted, ${left} are left`;
  document.querySelector('#deleted').append(entry);
});
