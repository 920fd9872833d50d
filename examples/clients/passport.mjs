import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OpenIDConnectStrategy from 'passport-openidconnect';

// passport-openidconnect 0.1 (npm install express express-session passport passport-openidconnect): a server that signs users in at CIS2.
// It listens at the port of CALLBACK_URL and ends with its input. Settings: examples/README.md.

const { ALONGSIDE_CIS2_ISSUER_URL: issuer, CIS2_CLIENT_ID, CIS2_CLIENT_SECRET, CALLBACK_URL } = process.env;

passport.use(
  'cis2',
  new OpenIDConnectStrategy(
    {
      issuer,
      authorizationURL: `${issuer}/authorize`,
      tokenURL: `${issuer}/access_token`,
      userInfoURL: `${issuer}/userinfo`,
      clientID: CIS2_CLIENT_ID,
      clientSecret: CIS2_CLIENT_SECRET,
      callbackURL: CALLBACK_URL,
      scope: ['profile', 'nationalrbacaccess'],
    },
    (_issuer, profile, done) => done(null, { id: profile.id, name: profile.displayName }),
  ),
);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(
  session({ secret: randomUUID(), resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }),
);
app.use(passport.session());
app.get('/sign-in', passport.authenticate('cis2'));
app.get('/callback', passport.authenticate('cis2'), (request, response) => {
  console.log(`Signed in: ${request.user.id} ${request.user.name}`);
  response.send('You can close this page.');
});

const { hostname, port, origin } = new URL(CALLBACK_URL);
const server = app.listen(Number(port), hostname);
await once(server, 'listening');
console.log(`Open this address in a browser:\n${origin}/sign-in`);
await once(process.stdin.resume(), 'data');
process.exit();
