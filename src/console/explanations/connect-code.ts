import { prefixOf } from '../../kit/environment.ts';
import type { Application } from '../../oauth/applications.ts';

/** A program for a framework that signs a person in and reads a patient, with the variables of the application's `.env`. */
export interface ConnectCode {
  framework: string;
  /** Its file. */
  file: string;
  /** Commands that install and start it. */
  commands: readonly string[];
  code: string;
  /** Where it begins in a browser. */
  opens: string;
}

/** A patient of the seed, who is not sensitive. */
const patient = '9000000009';

interface Names {
  /** The callback address that the program serves. */
  callback: URL;
  id: string;
  secret: string;
}

const clientLibrary = ({ callback, id, secret }: Names): ConnectCode => ({
  framework: 'Client library',
  file: 'app.mjs',
  commands: ['npm install @alongside/client express', 'node --env-file=.env app.mjs'],
  opens: `${callback.origin}/`,
  code: `import { createCombined, createPds, displayName, platformAt } from '@alongside/client';
import { createWebSignIn, expressPage, expressSignIn } from '@alongside/client/web';
import express from 'express';

const { ALONGSIDE_API_URL: api, ALONGSIDE_PDS_URL: baseUrl, ${id}: clientId, ${secret}: clientSecret } = process.env;
const [origin, redirectUri] = ['${callback.origin}', '${callback.href}'];
const pattern = createCombined({ ...platformAt(\`\${api}/oauth2\`), clientId, clientSecret, redirectUri });
const web = createWebSignIn({ origin, pattern, paths: { callback: '${callback.pathname}' } });
const app = express().use(expressSignIn(web));
app.get('/', expressPage(web, async (_request, response, { tokens, roleId }) => {
  const { patient } = await createPds({ baseUrl, token: tokens, sessionUrid: roleId }).patient('${patient}');
  response.type('text').send(\`\${displayName(patient)}, born \${patient.birthDate}\`);
}));
app.listen(${callback.port || 80});
`,
});

const openidClient = ({ callback, id, secret }: Names): ConnectCode => ({
  framework: 'openid-client',
  file: 'app.mjs',
  commands: ['npm install openid-client', 'node --env-file=.env app.mjs'],
  opens: `${callback.origin}/`,
  code: `import { createServer } from 'node:http';
import * as openid from 'openid-client';

const { ALONGSIDE_API_URL: api, ALONGSIDE_PDS_URL: pds } = process.env;
const server = new openid.Configuration(
  {
    issuer: \`\${api}/oauth2\`,
    authorization_endpoint: process.env.ALONGSIDE_AUTHORIZE_URL,
    token_endpoint: process.env.ALONGSIDE_TOKEN_URL,
  },
  process.env.${id},
  process.env.${secret},
);
openid.allowInsecureRequests(server); // only for plain HTTP on this machine
const redirect_uri = '${callback.href}';
const states = new Set(); // a real application keeps the state in the session of the browser
createServer(async (request, response) => {
  const url = new URL(request.url, redirect_uri);
  try {
    if (url.pathname !== '${callback.pathname}') {
      const state = openid.randomState();
      states.add(state);
      const to = openid.buildAuthorizationUrl(server, { redirect_uri, state });
      return response.writeHead(302, { location: to.href }).end();
    }
    const expectedState = url.searchParams.get('state');
    if (!states.delete(expectedState)) return response.writeHead(400).end('unknown state');
    const tokens = await openid.authorizationCodeGrant(server, url, { expectedState });
    const headers = { authorization: \`Bearer \${tokens.access_token}\`, 'x-request-id': crypto.randomUUID() };
    const answer = await fetch(\`\${pds}/Patient/${patient}\`, { headers });
    response.end(await answer.text());
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(${callback.port || 80});
`,
});

const spring = ({ callback, id, secret }: Names): ConnectCode => ({
  framework: 'Spring',
  file: 'application.yml',
  commands: ['set -a; . ./.env; ./mvnw spring-boot:run'],
  opens: `${callback.origin}/oauth2/authorization/${callback.pathname.split('/').at(-1) || 'platform'}`,
  code: `spring:
  security:
    oauth2:
      client:
        registration:
          ${callback.pathname.split('/').at(-1) || 'platform'}:
            provider: alongside
            client-id: \${${id}}
            client-secret: \${${secret}}
            client-authentication-method: client_secret_post
            authorization-grant-type: authorization_code
            redirect-uri: ${callback.href}
        provider:
          alongside:
            authorization-uri: \${ALONGSIDE_AUTHORIZE_URL}
            token-uri: \${ALONGSIDE_TOKEN_URL}
            user-info-uri: \${ALONGSIDE_API_URL}/oauth2/userinfo
            user-name-attribute: sub
# A controller then reads \${ALONGSIDE_PDS_URL}/Patient/${patient} with the access token of its
# OAuth2AuthorizedClient and a new UUID as X-Request-ID.
`,
});

const dotnet = ({ callback, id, secret }: Names): ConnectCode => ({
  framework: '.NET',
  file: 'Program.cs',
  commands: ['set -a; . ./.env; dotnet run'],
  opens: `${callback.origin}/`,
  code: `using System.Net.Http.Headers;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

var builder = WebApplication.CreateBuilder(args);
string Setting(string name) => builder.Configuration[name]!;
builder.WebHost.UseUrls("${callback.origin}");
builder.Services.AddHttpClient().AddAuthorization()
    .AddAuthentication(options =>
    {
        options.DefaultScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        options.DefaultChallengeScheme = "platform";
    })
    .AddCookie()
    .AddOAuth("platform", options =>
    {
        options.ClientId = Setting("${id}");
        options.ClientSecret = Setting("${secret}");
        options.AuthorizationEndpoint = Setting("ALONGSIDE_AUTHORIZE_URL");
        options.TokenEndpoint = Setting("ALONGSIDE_TOKEN_URL");
        options.CallbackPath = "${callback.pathname}";
        options.SaveTokens = true;
        options.CorrelationCookie.SameSite = SameSiteMode.Lax; // only for plain HTTP on this machine
    });
var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapGet("/", async (HttpContext context, HttpClient http) =>
{
    var request = new HttpRequestMessage(HttpMethod.Get, Setting("ALONGSIDE_PDS_URL") + "/Patient/${patient}");
    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await context.GetTokenAsync("access_token"));
    request.Headers.Add("X-Request-ID", Guid.NewGuid().ToString());
    return await (await http.SendAsync(request)).Content.ReadAsStringAsync();
}).RequireAuthorization();
app.Run();
`,
});

/** A callback of plain HTTP on this machine, which a first program can serve. */
function localCallback({ callbackUrls }: { callbackUrls: readonly string[] }): URL | undefined {
  const urls = callbackUrls.flatMap((text) => (URL.canParse(text) ? [new URL(text)] : []));
  // Only text that needs no escaping is put into the programs.
  return urls.find(
    ({ protocol, hostname, search, pathname }) =>
      protocol === 'http:' &&
      /^(localhost|127\.0\.0\.1)$/.test(hostname) &&
      search === '' &&
      /^\/[\w./-]{1,200}$/.test(pathname),
  );
}

/**
 * Returns the programs for an application: in the combined pattern, with a secret and the profile `nhs`, and with a callback that a
 * program on this machine can serve. None for others, whose code the documentation has.
 */
export function connectCode(application: Application): ConnectCode[] {
  const { platform, cis2 } = application;
  if (!platform || cis2 || platform.profile !== 'nhs') return [];
  if (platform.tokenEndpointAuthMethod !== 'client_secret_post') return [];
  const callback = localCallback(platform);
  if (!callback) return [];
  const prefix = `${prefixOf(application)}_PLATFORM_CLIENT`;
  const names = { callback, id: `${prefix}_ID`, secret: `${prefix}_SECRET` };
  return [clientLibrary, openidClient, spring, dotnet].map((make) => make(names));
}
