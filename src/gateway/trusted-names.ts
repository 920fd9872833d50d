/**
 * Header names that proxies, application servers or frameworks trust, because a proxy in front of them sets them. A client that sent
 * one to a back end would choose its user, address, certificate, method or path. `*` stands for any end.
 */
const trustedByOthers = [
  // The first request of a chain of proxies (RFC 7239), as nginx, Apache, Traefik, IIS, Spring, Symfony, Rails and Flask read it.
  ...['forwarded*', 'x-forward*', 'x-original-*', 'x-rewrite-*', 'x-replaced-path', 'client-request-url'],
  ...['host-override', 'x-host', 'x-http-host*', 'x-http-path*', 'x-http-destinationurl', 'x-backend-*'],
  ...['scheme', 'x-scheme', 'url-scheme', 'x-url-scheme', 'https', 'x-https', 'front-end-https'],
  ...[
    'x-proxied-*',
    'request-uri',
    'x-request-uri',
    'script-name',
    'x-script-name',
    'path-info',
    'x-path-info',
  ],
  ...['http-method*', 'x-http-method*', 'method-override', 'x-method-override'],
  // The header Proxy becomes the variable HTTP_PROXY (httpoxy, CVE-2016-5385).
  ...['proxy', 'proxy-*', 'x-proxy*', 'wl-proxy-*'],
  // Addresses and users.
  ...[
    'real-ip',
    'x-real-ip',
    'client-ip',
    'x-client-ip',
    'true-client-ip',
    'x-true-client-ip',
    'x-client-addr',
  ],
  ...['x-cluster-client-ip', 'x-originating-ip', 'remote-*', 'x-remote-*', 'do-connecting-ip'],
  // Certificates (RFC 9440).
  ...['client-cert*', 'x-client-cert*', 'x-clientcert*', 'x-client-verify*', 'x-client-dn', 'x-client-s-dn'],
  ...['x-client-cn', 'x-client-san', 'x-client-subject*', 'x-client-issuer*', 'x-client-serial*'],
  ...['x-client-fingerprint*', 'x-client-identity*', 'ssl-*', 'x-ssl*', 'tls-*', 'x-tls-*', 'x-mtls-*'],
  ...['x-cert-*', 'x-certificate-*', 'x-peer-cert*'],
  // A file that a server returns by the name in a header (nginx, Rack::Sendfile, lighttpd).
  ...['x-accel-*', 'x-sendfile*', 'x-lighttpd-send*'],
  // Clouds, content networks and meshes.
  ...['cf-*', 'fastly-*', 'akamai-*', 'x-akamai-*', 'fly-*', 'x-vercel-*', 'x-nf-*', 'x-azure-*', 'x-arr-*'],
  ...['x-ms-client-principal*', 'x-ms-token-*', 'x-amzn-*', 'x-appengine-*', 'x-google-*', 'x-goog-iap-*'],
  ...['x-goog-authenticated-user-*', 'x-serverless-authorization', 'x-envoy-*'],
  ...['x-apigateway-api-userinfo', 'x-endpoint-api-userinfo'],
  // Proxies and modules that sign users in: oauth2-proxy, Grafana, authentik, Authelia, Kong, Istio, WSO2, Apache's modules, WebSEAL.
  ...['x-auth-request-*', 'x-auth-user*', 'x-auth-email', 'x-auth-name', 'x-auth-group*', 'x-auth-role*'],
  ...['x-auth-subject', 'x-authenticated*', 'x-webauth-*', 'x-authentik-*', 'x-authelia-*', 'x-pomerium-*'],
  ...['x-vouch-*', 'x-keycloak-*', 'x-hasura-*', 'x-consumer-*', 'x-credential-*', 'x-anonymous-consumer'],
  ...['x-jwt-payload', 'x-jwt-assertion', 'x-token-user*', 'x-token-subject*', 'teleport-jwt-assertion'],
  ...[
    'oidc-*',
    'x-oidc-*',
    'mellon-*',
    'shib-*',
    'x-shib-*',
    'eppn',
    'ajp-*',
    'iv-*',
    'x-iv-*',
    'sm-*',
    'smuser',
  ],
  ...['oam-*', 'osso-*', 'tailscale-*'],
  // ASP.NET Core behind IIS, and what Next.js sends itself (CVE-2025-29927).
  ...['ms-aspnetcore-*', 'x-middleware-*', 'x-invoke-*', 'x-matched-path', 'x-now-route-*'],
];

/** The header with the signed identity of a call. */
export const identityJwtHeader = 'nhsd-identity-jwt';

/** Headers of the published gateway, and the signed one, that clients never send. */
const ofGateway = ['xapi-asid', 'x-sync-wrapped', 'prefer', identityJwtHeader];

/** Names of users and of the gateway's own headers, which a definition may declare as parameters of the client. */
const ifTaken = [
  ...['nhsd-*', 'nhse-*', 'x-ers-*'],
  ...['x-user', 'x-userid', 'x-username', 'x-user-id', 'x-user-name', 'x-user-email'],
  ...['x-user-role*', 'x-user-group*'],
];

function among(patterns: readonly string[]): (name: string) => boolean {
  const whole = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const starts = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (name) => whole.has(name) || starts.some((start) => name.startsWith(start));
}

/** Returns the form in which a back end may read a name: to PHP, `NHSD.Session.UUID` is `NHSD_SESSION_UUID`, as with hyphens. */
export const folded = (name: string): string => name.toLowerCase().replace(/[^a-z0-9-]/g, '-');

/** Returns whether no client may send a folded name to a back end. */
export const isNeverForwarded = among([...trustedByOthers, ...ofGateway]);

/** Returns whether a client may send a folded name only to an API that takes it. */
export const isForwardedIfTaken = among(ifTaken);
