import { html } from '@alongside/kernel/html';
import { foreign } from '../../frame/controls.ts';
import { definePage } from '../../frame/page.ts';

/** The callback of a run in the browser, registered for that run. */
export const buildCallbackPage = definePage({
  path: '/build/callback',
  only: 'development',
  program: 'pages/build/callback',
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
