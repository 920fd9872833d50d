import { html } from '@alongside/kernel/html';
import { foreign } from '../../frame/controls.ts';
import { type BrowserScript, definePage } from '../../frame/page.ts';

/** Hands the response of a sign-in to the tab of Build a request, and removes it from the address. */
function buildCallback(): void {
  const response = Object.fromEntries(new URLSearchParams(location.search));
  history.replaceState(null, '', location.pathname);
  const channel = new BroadcastChannel('alongside-build');
  channel.onmessage = ({ data }) => {
    if (data?.taken !== response.state) return;
    const note = document.getElementById('handed');
    if (note) note.textContent = 'The other tab has the response. You can close this one.';
  };
  channel.postMessage({ response });
}

const callbackScript: BrowserScript = { name: 'build-callback', run: buildCallback };

/** The callback of a run in the browser, registered for that run. */
export const buildCallbackPage = definePage({
  path: '/build/callback',
  only: 'development',
  script: callbackScript,
  async render({ query }) {
    const error = query.get('error');
    return {
      title: error ? 'The sign-in was refused' : 'Back from the sign-in',
      crumbs: [{ label: 'Build a request', href: '/build' }],
      main: html`${
        error
          ? html`<p class="error">${foreign(error)}: ${foreign(query.get('error_description') ?? '')}</p>`
          : undefined
      }<p id="handed" role="status">This page hands the response to the tab of Build a request. It needs JavaScript, and that tab must be open.</p>`,
    };
  },
});
