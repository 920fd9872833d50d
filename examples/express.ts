import { createCombined, createPds, displayName, type FhirError, platformAt } from '@alongside/client';
import { createWebSignIn, expressPage, expressSignIn } from '@alongside/client/web';
import express, { type Request, type Response } from 'express';
import { findInstance, register } from './instance.ts';
import { homePage } from './pages.ts';

// A web application in the combined pattern, with Express.
//   node examples/express.ts                  at the running Alongside, where it registers itself
//   API_URL=https://int.api.service.nhs.uk API_KEY=... API_SECRET=... node examples/express.ts
// At other services register the callback address that it prints. PORT changes the port.

const port = Number(process.env.PORT ?? 3000);
const origin = `http://localhost:${port}`;
const { api, clientId, clientSecret } = await settings();

async function settings(): Promise<{ api: string; clientId: string; clientSecret: string }> {
  const { API_URL, API_KEY, API_SECRET } = process.env;
  if (API_URL && API_KEY && API_SECRET) return { api: API_URL, clientId: API_KEY, clientSecret: API_SECRET };
  const instance = await findInstance();
  const { platform } = await register(instance, {
    name: 'Combined example',
    profile: 'nhs',
    platform: { callbackUrls: [`${origin}/callback`], products: ['personal-demographics-service'] },
  });
  return { api: instance.api, ...platform };
}

// #region readme
const redirectUri = `${origin}/callback`;
const combined = createCombined({ ...platformAt(`${api}/oauth2`), clientId, clientSecret, redirectUri });
const web = createWebSignIn({ origin, pattern: combined, name: 'express' });
const baseUrl = `${api}/personal-demographics/FHIR/R4`;
const app = express();
app.use(expressSignIn(web));
app.get(
  '/',
  expressPage(web, (_request, response: Response, { user }) => response.send(homePage(user))),
);
app.post(
  '/patient',
  express.urlencoded(),
  expressPage(web, async (request: Request, response: Response, { tokens, roleId }) => {
    const pds = createPds({ baseUrl, token: tokens, sessionUrid: roleId });
    const { patient } = await pds.patient(request.body.number);
    response.type('text').send(`${displayName(patient)}, ${patient.birthDate}, ${patient.id}`);
  }),
);
// The error of the API becomes the status: 404 for an unknown patient.
app.use(({ status = 400, message }: FhirError, _request: Request, response: Response, _next: unknown) => {
  response.status(status).type('text').send(message);
});
// #endregion
app.listen(port, 'localhost', () => console.log(`Open ${origin}/ (callback address: ${redirectUri})`));
