import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

// One server for each library of node: what its documentation shows first, with nothing else configured. It is run with a name as argument,
// prints its line once it listens, and ends with its input. Its page `/` asks for a sign-in and then shows `Signed in: SUB`.

const { ISSUER = '', CLIENT_ID = '', CLIENT_SECRET, PORT, SCOPE, METADATA, EXTRA = '{}' } = process.env;
const origin = `http://localhost:${PORT}`;
const callback = `${origin}/callback`;
const extra = JSON.parse(EXTRA);
const done = (response, sub) => response.end(`Signed in: ${sub}`);
const failed = (response, error) => {
  response.statusCode = 500;
  response.end(
    `Failed: ${error.errorCode ?? error.name} ${error.message} ${JSON.stringify(error.data?.payload ?? '')}`,
  );
};
const redirect = (response, location) => response.writeHead(302, { location }).end();
const metadataOf = async (issuer) => (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
const claimsOf = (idToken) => JSON.parse(Buffer.from(idToken.split('.')[1], 'base64url').toString());

/** Returns MSAL's settings, which every authority that is not Microsoft's needs; with METADATA, also its metadata. */
const msalSettings = async (more) => ({
  auth: {
    clientId: CLIENT_ID,
    authority: ISSUER,
    knownAuthorities: [new URL(ISSUER).host],
    ...(METADATA ? { authorityMetadata: JSON.stringify(await metadataOf(ISSUER)) } : {}),
    ...more,
  },
  system: { protocolMode: 'OIDC' },
});

const libraries = {
  async 'auth-js'() {
    const { Auth } = await import('@auth/core');
    const provider = { id: 'own', name: 'Own', type: 'oidc', issuer: ISSUER, clientId: CLIENT_ID };
    const events = { signIn: ({ profile }) => subjects.push(profile.sub) };
    const subjects = [];
    const settings = {
      providers: [{ ...provider, clientSecret: CLIENT_SECRET, ...extra }],
      basePath: '/auth',
      secret: randomUUID(),
      trustHost: true,
      events,
    };
    return async (request, response) => {
      if (request.url === '/' && subjects.length > 0) return done(response, subjects[0]);
      if (request.url === '/') return redirect(response, '/auth/signin');
      const { method, headers } = request;
      const body = method === 'POST' ? Buffer.concat(await Array.fromAsync(request)) : undefined;
      const answer = await Auth(new Request(origin + request.url, { method, headers, body }), settings);
      response.statusCode = answer.status;
      for (const [name, value] of answer.headers) if (name !== 'set-cookie') response.setHeader(name, value);
      response.setHeader('set-cookie', answer.headers.getSetCookie());
      response.end(await answer.text());
    };
  },

  async appauth() {
    const { default: appauth } = await import('@openid/appauth');
    const { default: node } = await import('@openid/appauth/built/node_support/index.js');
    const requestor = new node.NodeRequestor();
    const configuration = await appauth.AuthorizationServiceConfiguration.fetchFromIssuer(ISSUER, requestor);
    const asked = { client_id: CLIENT_ID, redirect_uri: callback };
    const tokens = new appauth.BaseTokenRequestHandler(requestor);
    // Its own handler opens the browser of the system.
    class Handler extends node.NodeBasedHandler {
      addressOf = (request) => this.buildRequestUrl(configuration, request);
    }
    const handler = new Handler();
    let request;
    return async ({ url }, response) => {
      const { pathname, searchParams } = new URL(url, origin);
      if (pathname !== '/callback') {
        const { RESPONSE_TYPE_CODE: response_type } = appauth.AuthorizationRequest;
        const first = { ...asked, scope: SCOPE ?? 'openid profile', response_type };
        request = new appauth.AuthorizationRequest(first, new node.NodeCrypto());
        await request.setupCodeVerifier();
        return redirect(response, handler.addressOf(request));
      }
      if (searchParams.get('state') !== request.state) throw new Error('another state');
      const { GRANT_TYPE_AUTHORIZATION_CODE: grant_type } = appauth;
      const extras = { code_verifier: request.internal.code_verifier };
      const code = searchParams.get('code');
      const second = new appauth.TokenRequest({ ...asked, grant_type, code, extras });
      const { idToken } = await tokens.performTokenRequest(configuration, second);
      done(response, claimsOf(idToken).sub);
    };
  },

  async hono() {
    const { Hono } = await import('hono');
    const { getAuth, oidcAuthMiddleware } = await import('@hono/oidc-auth');
    const { getRequestListener } = await import('@hono/node-server');
    Object.assign(process.env, {
      OIDC_AUTH_SECRET: randomUUID(),
      OIDC_ISSUER: ISSUER,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
      ...extra,
    });
    const app = new Hono();
    app.use('*', oidcAuthMiddleware());
    app.get('/', async (context) => context.text(`Signed in: ${(await getAuth(context))?.sub}`));
    app.onError((error, context) => context.text(`Failed: ${error.message}`, 500));
    return getRequestListener(app.fetch);
  },

  async 'msal-confidential'() {
    const { ConfidentialClientApplication } = await import('@azure/msal-node');
    const client = new ConfidentialClientApplication(await msalSettings({ clientSecret: CLIENT_SECRET }));
    const asked = { scopes: [], redirectUri: callback };
    const { codeVerifier, ...challenge } = extra;
    return async (request, response) => {
      const { pathname, searchParams } = new URL(request.url, origin);
      if (pathname !== '/callback')
        return redirect(response, await client.getAuthCodeUrl({ ...asked, ...challenge }));
      if (searchParams.has('error')) throw new Error(searchParams.get('error_description'));
      const code = searchParams.get('code');
      const tokens = await client.acquireTokenByCode({
        ...asked,
        code,
        ...(codeVerifier ? { codeVerifier } : {}),
      });
      done(response, tokens.idTokenClaims.sub);
    };
  },

  async 'msal-public'() {
    const { PublicClientApplication } = await import('@azure/msal-node');
    const client = new PublicClientApplication(await msalSettings());
    return async (_request, response) => {
      const openBrowser = async (url) => redirect(response, url);
      const successTemplate = 'Signed in';
      const tokens = await client.acquireTokenInteractive({ scopes: [], openBrowser, successTemplate });
      console.log(`Signed in: ${tokens.idTokenClaims.sub}`);
    };
  },

  async passport() {
    const { default: express } = await import('express');
    const { default: session } = await import('express-session');
    const { default: passport } = await import('passport');
    const { default: Strategy } = await import('passport-openidconnect');
    const { authorization_endpoint, token_endpoint, userinfo_endpoint } = await metadataOf(ISSUER);
    const settings = {
      issuer: ISSUER,
      authorizationURL: authorization_endpoint,
      tokenURL: token_endpoint,
      userInfoURL: userinfo_endpoint,
      clientID: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      callbackURL: callback,
      ...extra,
    };
    passport.use('own', new Strategy(settings, (_issuer, { id }, then) => then(null, { id })));
    const app = express();
    app.use(session({ secret: randomUUID(), resave: false, saveUninitialized: false }));
    app.get('/', passport.authenticate('own', { session: false }));
    app.get('/callback', passport.authenticate('own', { session: false }), ({ user }, response) =>
      done(response, user.id),
    );
    app.use((error, _request, response, _next) => failed(response, error));
    return app;
  },

  async 'simple-oauth2'() {
    const { AuthorizationCode } = await import('simple-oauth2');
    const { authorization_endpoint, token_endpoint } = await metadataOf(ISSUER);
    const [authorize, token] = [new URL(authorization_endpoint), new URL(token_endpoint)];
    const client = new AuthorizationCode({
      client: { id: CLIENT_ID, secret: CLIENT_SECRET },
      auth: {
        authorizeHost: authorize.origin,
        authorizePath: authorize.pathname,
        tokenHost: token.origin,
        tokenPath: token.pathname,
      },
    });
    const { code_verifier, ...challenge } = extra;
    const asked = { redirect_uri: callback, scope: SCOPE ?? 'openid' };
    return async (request, response) => {
      const { pathname, searchParams } = new URL(request.url, origin);
      if (pathname !== '/callback')
        return redirect(response, client.authorizeURL({ ...asked, state: randomUUID(), ...challenge }));
      if (searchParams.has('error')) throw new Error(searchParams.get('error_description'));
      const verifier = code_verifier ? { code_verifier } : {};
      const reply = await client.getToken({ ...asked, code: searchParams.get('code'), ...verifier });
      done(response, claimsOf(reply.token.id_token).sub);
    };
  },
};

const listener = await libraries[process.argv[2]]();
const server = createServer(async (request, response) => {
  try {
    await listener(request, response);
  } catch (error) {
    failed(response, error);
  }
}).listen(Number(PORT), 'localhost');
await once(server, 'listening');
console.log('listening');
await once(process.stdin.resume(), 'end');
process.exit();
