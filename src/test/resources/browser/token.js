// A page that is asked for tokens: "NAME 1", "NAME 2" and so on.
import { connect } from '/partyline/main.js';

const name = new URLSearchParams(location.search).get('name');
let asked = 0;
window.line = connect({ token: async () => `${name} ${++asked}` });
