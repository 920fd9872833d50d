import type { Route } from '@alongside/kernel/http';
import { scriptRoutes } from '../../pages/frame.ts';
import { algorithms } from '../webauthn/variants.ts';
import { joinPrefix, tabletPaths, tabletTypes } from './protocol.ts';

export const appScriptPath = '/assets/tablet.js';

const { app, open, answer, join, demoKey } = tabletPaths;

/** Milliseconds for the user to give the PIN, finger or face. */
const verificationTimeout = 60_000;

// The private key is not extractable. It stays in the browser's storage.
const script = `'use strict';
(() => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const byId = (id) => document.getElementById(id);
  const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
  const encode = (value) => base64url(new TextEncoder().encode(JSON.stringify(value)));

  const stored = (mode, use) => new Promise((resolve, reject) => {
    const opening = indexedDB.open('alongside-tablet', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('key');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('key', mode);
      const request = use(transaction.objectStore('key'));
      transaction.oncomplete = () => { opening.result.close(); resolve(request.result); };
      transaction.onerror = () => reject(transaction.error);
    };
  });
  const load = () => stored('readonly', (store) => store.get('tablet'));
  const save = (record) => stored('readwrite', (store) => store.put(record, 'tablet'));

  const publicPart = ({ crv, kty, x, y }) => ({ crv, kty, x, y });
  const kidOf = async (jwk) => base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(publicPart(jwk)))));
  const newKey = async () => {
    const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
    const jwk = publicPart(await crypto.subtle.exportKey('jwk', publicKey));
    return { privateKey, jwk, kid: await kidOf(jwk) };
  };
  const sign = async ({ privateKey, ...record }, typ, claims) => {
    const named = typ === '${tabletTypes.key}' ? { jwk: record.jwk } : { kid: record.kid };
    const signed = encode({ alg: 'ES256', typ, ...named }) + '.' + encode(claims);
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, new TextEncoder().encode(signed));
    return signed + '.' + base64url(signature);
  };

  // A platform credential next to the key verifies the holder of the tablet.
  const canVerify = async (party) => party && window.PublicKeyCredential && await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  const newHolder = async (party, code) => {
    if (!(await canVerify(party))) return undefined;
    const publicKey = {
      rp: { id: party, name: 'Alongside' },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name: 'tablet', displayName: 'Alongside' },
      challenge: bytes(code),
      pubKeyCredParams: ${JSON.stringify(algorithms)}.map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { authenticatorAttachment: 'platform', residentKey: 'discouraged', userVerification: 'required' },
      attestation: 'direct',
      timeout: ${verificationTimeout},
    };
    const { id, type, response } = await navigator.credentials.create({ publicKey });
    const { clientDataJSON, attestationObject } = response;
    return { id, type, response: { clientDataJSON: base64url(clientDataJSON), attestationObject: base64url(attestationObject), transports: response.getTransports() } };
  };
  const holderOf = async (party, id, nonce) => {
    const allowCredentials = [{ type: 'public-key', id: bytes(id) }];
    const publicKey = { rpId: party, challenge: bytes(nonce), allowCredentials, userVerification: 'required', timeout: ${verificationTimeout} };
    const { type, response } = await navigator.credentials.get({ publicKey });
    const { clientDataJSON, authenticatorData, signature } = response;
    return { id, type, response: { clientDataJSON: base64url(clientDataJSON), authenticatorData: base64url(authenticatorData), signature: base64url(signature) } };
  };
  const setUp = async (party, issuer, code) => {
    const holder = await newHolder(party, code);
    const record = await newKey();
    return { record: { ...record, holder: holder?.id }, token: await sign(record, '${tabletTypes.key}', { aud: issuer, code, holder }) };
  };
  const sayUnverified = (is) => { byId('unverified').hidden = !is; };

  const enrolment = document.querySelector('form[data-tablet-key]');
  if (enrolment) {
    enrolment.addEventListener('submit', async (event) => {
      if (enrolment.elements.token.value) return;
      event.preventDefault();
      sayUnverified(false);
      const { party, issuer, code } = enrolment.dataset;
      try {
        const { record, token } = await setUp(party, issuer, code);
        await save(record);
        enrolment.elements.token.value = token;
      } catch {
        return sayUnverified(true);
      }
      enrolment.requestSubmit();
    });
  }

  const root = byId('tablet');
  if (!root) return;
  const { issuer, unreachable, party } = root.dataset;
  let shown = false;
  const show = (name) => {
    sayUnverified(false);
    for (const view of root.querySelectorAll('[data-view]')) view.hidden = view.dataset.view !== name;
    const title = root.querySelector('[data-view=' + name + '] h1');
    document.title = title.textContent + ' – ' + document.title.split(' – ').at(-1);
    // A new page already starts at its top.
    if (shown) title.focus();
    shown = true;
  };
  const fail = (message) => { byId('problem').textContent = message; show('problem'); };
  const call = async (path, token, more) => {
    show('working');
    let reply;
    try {
      reply = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token, ...more }) });
    } catch {
      throw new Error(unreachable);
    }
    const body = await reply.json();
    if (!reply.ok) throw new Error(body.error_description);
    return body;
  };
  const guarded = (act) => (event) => {
    event?.preventDefault();
    act(event).catch((error) => fail(error.message));
  };

  let asked;
  const answerWith = async (number) => {
    const { request, nonce } = asked;
    const record = await load();
    let holder;
    try {
      if (record.holder && number !== 'no') holder = await holderOf(party, record.holder, nonce);
    } catch {
      return sayUnverified(true);
    }
    const token = await sign(record, '${tabletTypes.answer}', { aud: issuer, request, nonce, number, holder });
    const { state } = await call('${answer}', token);
    show(state);
  };
  const openCode = async (code) => {
    asked = await call('${open}', await sign(await load(), '${tabletTypes.open}', { aud: issuer, code }));
    byId('application').textContent = asked.application;
    byId('numbers').replaceChildren(...asked.candidates.map((number) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = number;
      button.addEventListener('click', guarded(() => answerWith(number)));
      return button;
    }));
    show('question');
  };
  const begin = async () => {
    const code = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, '', '${app}');
    if (code.startsWith('${joinPrefix}')) {
      root.dataset.join = code.slice(${joinPrefix.length});
      return show('join');
    }
    if (!(await load())) return show('none');
    if (code) return openCode(code);
    show('ready');
  };

  byId('open').addEventListener('submit', guarded(() => openCode(byId('code').value)));
  byId('deny').addEventListener('click', guarded(() => answerWith('no')));
  byId('join').addEventListener('submit', guarded(async () => {
    let made;
    try {
      made = await setUp(party, issuer, root.dataset.join);
    } catch {
      return sayUnverified(true);
    }
    const { record, token } = made;
    const { number } = await call('${join}', token, { label: byId('label').value });
    await save(record);
    byId('number').textContent = number;
    show('joined');
  }));
  byId('demo')?.addEventListener('click', guarded(async () => {
    const { jwk } = await (await fetch('${demoKey}')).json();
    const privateKey = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']);
    await save({ privateKey, jwk: publicPart(jwk), kid: await kidOf(jwk) });
    await begin();
  }));
  for (const button of root.querySelectorAll('[data-restart]')) button.addEventListener('click', guarded(begin));
  addEventListener('hashchange', guarded(begin));
  guarded(begin)();
})();
`;

export const appScriptRoutes: readonly Route[] = scriptRoutes(appScriptPath, script);
