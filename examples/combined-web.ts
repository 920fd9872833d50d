import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { FreshTokens, Userinfo } from '@alongside/client';
import { createCombined, createPds, displayName, keepFresh, platformAt, rolesOf } from '@alongside/client';
import { findInstance, register } from './instance.ts';
import { escaped, goTo, showPage, WebSessions } from './web-session.ts';

// A web application in the combined pattern, which uses only the authorisation service.
//   node examples/combined-web.ts                  at the running Alongside, where it registers itself
//   API_URL=https://int.api.service.nhs.uk API_KEY=... API_SECRET=... node examples/combined-web.ts
// At other services register the callback address that it prints. PORT changes the port.

interface Data {
  state: string;
  tokens: FreshTokens;
  userinfo: Userinfo;
}

const port = Number(process.env.PORT ?? 3000);
const origin = `http://localhost:${port}`;
const redirectUri = `${origin}/callback`;
const { api, clientId, clientSecret } = await settings();
const combined = createCombined({ ...platformAt(`${api}/oauth2`), clientId, clientSecret, redirectUri });
const sessions = new WebSessions<Data>('combined_example');

async function settings(): Promise<{ api: string; clientId: string; clientSecret: string }> {
  const { API_URL, API_KEY, API_SECRET } = process.env;
  if (API_URL && API_KEY && API_SECRET) return { api: API_URL, clientId: API_KEY, clientSecret: API_SECRET };
  const instance = await findInstance();
  const { platform } = await register(instance, {
    name: 'Combined example',
    profile: 'nhs',
    platform: { callbackUrls: [redirectUri], products: ['personal-demographics-service'] },
  });
  return { api: instance.api, ...platform };
}

type Page = (
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
) => Promise<void> | void;

const pages: Record<string, Page> = {
  'GET /'(request, response) {
    const { userinfo } = sessions.of(request, response).data;
    if (!userinfo) return showPage(response, '<a href="/sign-in">Sign in</a>');
    const form =
      '<form action="/patient"><input name="number" aria-label="NHS number"><button>Find patient</button></form>';
    const out = '<form action="/sign-out" method="post"><button>Sign out</button></form>';
    showPage(response, `<p>Signed in: ${escaped(userinfo.name)}</p>${form}${out}`);
  },

  'GET /sign-in'(request, response) {
    const { url, state } = combined.begin();
    sessions.of(request, response).data.state = state;
    goTo(response, url);
  },

  async 'GET /callback'(request, response, query) {
    const session = sessions.of(request, response);
    const { state = '' } = session.data;
    // Each sign-in accepts one response.
    session.data.state = undefined;
    const tokens = await combined.finish(query, state);
    sessions.end(session);
    const userinfo = await combined.userinfo(tokens);
    sessions.renew(response, { tokens: keepFresh(tokens, combined.refresh), userinfo });
    goTo(response, '/');
  },

  async 'GET /patient'(request, response, query) {
    const { tokens, userinfo } = sessions.of(request, response).data;
    if (!tokens || !userinfo) return goTo(response, '/');
    const pds = createPds({
      baseUrl: `${api}/personal-demographics/FHIR/R4`,
      token: tokens.freshToken,
      // A user with several roles must choose one; the example uses the first.
      sessionUrid: rolesOf(userinfo)[0]?.person_roleid,
    });
    const { patient } = await pds.patient(query.get('number') ?? '');
    const line = [displayName(patient), patient.birthDate, patient.id].map(escaped).join(', ');
    showPage(response, `<p>${line}</p><a href="/">Back</a>`);
  },

  'POST /sign-out'(request, response) {
    sessions.end(sessions.of(request, response));
    goTo(response, '/', 303);
  },
};

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', origin);
  const page = pages[`${request.method} ${url.pathname}`];
  try {
    if (page) await page(request, response, url.searchParams);
    else showPage(response, 'There is no such page.', 404);
  } catch (error) {
    const text = error instanceof Error ? error.message : 'Something went wrong.';
    showPage(response, `<p>${escaped(text)}</p><a href="/">Start again</a>`, 400);
  }
});
server.listen(port, 'localhost', () => console.log(`Open ${origin}/ (callback address: ${redirectUri})`));
