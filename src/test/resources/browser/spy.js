// What a test may know of a page without asking the product: what went wrong, and what the worker said to this tab.
// `?without=SharedWorker,locks` makes a browser that lacks them.
window.trouble = [];
window.posted = [];

addEventListener('error', (event) => trouble.push(String(event.message ?? event.type)));
addEventListener('unhandledrejection', (event) => trouble.push(`unhandled: ${event.reason}`));

const without = new URLSearchParams(location.search).get('without') ?? '';
if (without.includes('SharedWorker')) delete window.SharedWorker;
if (without.includes('locks')) Object.defineProperty(navigator, 'locks', { value: undefined });

/** A second listener beside the product's own. */
function tap(port) {
  port.addEventListener('message', (event) => {
    posted.push(...(Array.isArray(event.data) ? event.data : [event.data]));
  });
}

if (window.SharedWorker) {
  window.SharedWorker = class extends SharedWorker {
    constructor(...whatever) {
      super(...whatever);
      tap(this.port);
    }
  };
} else {
  // What a worker would say comes over a channel within the page.
  window.MessageChannel = class extends MessageChannel {
    constructor() {
      super();
      tap(this.port2);
    }
  };
}
