import type { Route } from '@alongside/kernel/http';
import { scriptRoutes } from '../../pages/frame.ts';

export const webAuthnScriptPath = '/assets/webauthn.js';

// Posts the result as a form, so the page needs no permission to connect. Binary members of the options are base64url.
const script = `'use strict';
(() => {
  const form = document.querySelector('form[data-webauthn]');
  if (!form) return;
  const creates = form.dataset.webauthn === 'create';
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join(''))
    .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
  const withBytes = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  if (creates) {
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = withBytes(options.excludeCredentials);
  } else options.allowCredentials = withBytes(options.allowCredentials);

  const part = (name) => document.getElementById(name);
  const say = (name) => {
    for (const one of document.querySelectorAll('[data-says]')) one.hidden = one.dataset.says !== name;
  };
  const resultOf = ({ id, type, response }) => {
    const result = { clientDataJSON: text(response.clientDataJSON) };
    if (creates) {
      result.attestationObject = text(response.attestationObject);
      result.transports = response.getTransports ? response.getTransports() : [];
    } else {
      result.authenticatorData = text(response.authenticatorData);
      result.signature = text(response.signature);
      result.userHandle = response.userHandle ? text(response.userHandle) : null;
    }
    return { id, type, response: result };
  };

  let running;
  const run = async () => {
    if (!window.PublicKeyCredential) return say('NotSupportedError');
    if (running) running.abort();
    const mine = new AbortController();
    running = mine;
    say('waiting');
    try {
      const request = { publicKey: options, signal: mine.signal };
      const credential = await (creates ? navigator.credentials.create(request) : navigator.credentials.get(request));
      say('done');
      part('response').value = JSON.stringify(resultOf(credential));
      form.submit();
    } catch (error) {
      if (running !== mine) return;
      say(document.querySelector('[data-says="' + error.name + '"]') ? error.name : 'other');
      part('start').focus();
    }
  };
  form.addEventListener('submit', (event) => {
    if (event.submitter && event.submitter.name === 'cancel') return;
    event.preventDefault();
    run();
  });
  part('start').disabled = false;
  if (form.dataset.auto) run();
})();
`;

export const webAuthnScriptRoutes: readonly Route[] = scriptRoutes(webAuthnScriptPath, script);
