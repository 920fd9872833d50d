import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { preparedExactly, prepareExactly } from '../prepare/node.mjs';
import { findWine } from '../windows/wine.mjs';
import { onPath } from './on-path.mjs';
import { testTools } from './test-tools.mjs';

const first = (paths) => paths.find((path) => existsSync(path));

function findApache() {
  const module = first(['/usr/lib/apache2/modules/mod_auth_openidc.so']);
  return module && (onPath('apache2') ?? first(['/usr/sbin/apache2']));
}

function findPhp() {
  const php = onPath('php');
  if (!php) return undefined;
  const { stdout } = spawnSync(php, ['-m'], { encoding: 'utf8' });
  return /^curl$/m.test(stdout) && /^openssl$/m.test(stdout) ? php : undefined;
}

/** Returns Python with python-dbusmock's logind, if the bus and its client are also installed. */
function findDbusmock() {
  const python = ['dbus-daemon', 'gdbus'].every(onPath) && first(['/usr/bin/python3']);
  return python && spawnSync(python, ['-c', 'import dbusmock']).status === 0 ? python : undefined;
}

function findPyJwt() {
  const python = first(['/usr/bin/python3']);
  return python && spawnSync(python, ['-c', 'import jwt, cryptography']).status === 0 ? python : undefined;
}

function findPythonClients() {
  const python = first(['/usr/bin/python3']);
  return python && spawnSync(python, ['-c', 'import authlib, requests_oauthlib']).status === 0
    ? python
    : undefined;
}

/** Third-party programs that some tests run against an instance. If one is missing, those tests are reported, except in CI. */
export const programHelpers = [
  {
    // It takes less than half of the processor time of the full browser, which takes its place if it is missing.
    tests: '',
    name: "Chromium's headless build",
    variable: 'ALONGSIDE_HEADLESS_BROWSER',
    find: () => onPath('chromium-headless-shell'),
    debian: 'chromium-headless-shell',
  },
  {
    tests: 'test/conformance/apache',
    name: 'Apache with mod_auth_openidc',
    variable: 'ALONGSIDE_APACHE',
    find: findApache,
    debian: 'libapache2-mod-auth-openidc',
  },
  {
    tests: ['test/examples/', 'src/gateway/definitions/php-'],
    name: 'PHP with curl',
    variable: 'ALONGSIDE_PHP',
    find: findPhp,
    debian: 'php-cli php-curl',
  },
  {
    tests: 'test/apis/signed-identity',
    name: 'Python with PyJWT',
    variable: 'ALONGSIDE_PYJWT',
    find: findPyJwt,
    debian: 'python3-jwt python3-cryptography',
  },
  {
    tests: 'test/examples/clients',
    name: 'Python with Authlib and requests-oauthlib',
    variable: 'ALONGSIDE_PYTHON_CLIENTS',
    find: findPythonClients,
    debian: 'python3-authlib python3-requests-oauthlib',
  },
  {
    tests: 'test/examples/clients',
    name: 'Go with go-oidc and zitadel/oidc',
    variable: 'ALONGSIDE_GO',
    find: () =>
      ['coreos/go-oidc/v3', 'zitadel/oidc'].every((name) =>
        existsSync(`/usr/share/gocode/src/github.com/${name}`),
      ) && onPath('go'),
    debian:
      'golang-go golang-github-coreos-go-oidc-v3-dev golang-golang-x-oauth2-dev golang-github-zitadel-oidc-dev',
  },
  {
    tests: 'identity-agent/cli/watch-screen',
    name: 'D-Bus and python-dbusmock',
    variable: 'ALONGSIDE_DBUSMOCK',
    find: findDbusmock,
    debian: 'dbus libglib2.0-bin python3-dbusmock',
  },
  {
    tests: 'src/storage/pooler',
    name: 'PgBouncer',
    variable: 'ALONGSIDE_PGBOUNCER',
    find: () => onPath('pgbouncer') ?? first(['/usr/sbin/pgbouncer']),
    debian: 'pgbouncer',
  },
  {
    tests: '',
    name: 'OpenSSL',
    variable: 'ALONGSIDE_OPENSSL',
    find: () => onPath('openssl'),
    debian: 'openssl',
  },
  {
    tests: 'src/cli/completion',
    name: 'zsh and fish',
    variable: 'ALONGSIDE_SHELLS',
    find: () => (onPath('zsh') && onPath('fish') ? 'zsh fish' : undefined),
    debian: 'zsh fish',
  },
  {
    tests: 'test/delivery/',
    name: 'the oldest Node.js of the client library',
    variable: 'ALONGSIDE_OLDEST_CLIENT_NODE',
    find: () => preparedExactly('oldestClient'),
    fetch: () => prepareExactly('oldestClient'),
  },
  {
    tests: 'test/delivery/',
    name: 'the oldest Node.js of the server',
    variable: 'ALONGSIDE_OLDEST_NODE',
    find: () => preparedExactly('oldest'),
    fetch: () => prepareExactly('oldest'),
  },
  testTools,
  {
    tests: 'test/delivery/firefox',
    name: 'Firefox',
    variable: 'ALONGSIDE_FIREFOX',
    find: () => onPath('firefox') ?? onPath('firefox-esr'),
    debian: 'firefox-esr',
  },
  {
    tests: [
      'test/delivery/any-language',
      'test/delivery/ticket-api',
      'test/pages/run-blocks',
      'test/delivery/java-',
      'test/apis/signed-identity',
      'test/examples/clients',
    ],
    name: 'Java',
    variable: 'ALONGSIDE_JAVA',
    find: () => onPath('javac') && onPath('java'),
    debian: 'default-jdk-headless',
  },
  {
    tests: 'test/delivery/java-',
    name: 'JUnit 5',
    variable: 'ALONGSIDE_JUNIT',
    find: () => first(['/usr/share/java/junit-platform-console-standalone.jar']),
    debian: 'junit5',
  },
  {
    tests: 'test/delivery/any-language',
    name: 'Free Pascal',
    variable: 'ALONGSIDE_FPC',
    find: () => onPath('fpc'),
    debian: 'fp-compiler fp-units-fcl',
  },
  {
    tests: 'test/windows/',
    name: 'Free Pascal with its units for Windows',
    variable: 'ALONGSIDE_FPC_WINDOWS',
    find: () =>
      first(['/usr/lib/x86_64-linux-gnu/fpc/3.2.2/units/x86_64-win64/fcl-web/fphttpclient.ppu']) &&
      onPath('fpc'),
    debian: 'fp-compiler fp-units-win-rtl fp-units-win-fcl',
  },
  {
    tests: ['test/delivery/any-language', 'test/delivery/ticket-api'],
    name: 'Mono with its C# compiler',
    variable: 'ALONGSIDE_MCS',
    find: () =>
      ['System.Net.Http', 'System.Runtime.Serialization', 'System.Xml.Linq'].every((name) =>
        existsSync(`/usr/lib/mono/4.5/${name}.dll`),
      ) &&
      onPath('mono') &&
      onPath('mcs'),
    debian:
      'mono-mcs libmono-system-net-http4.0-cil libmono-system-runtime-serialization4.0-cil libmono-system-xml-linq4.0-cil',
  },
  {
    tests: 'test/pages/run-blocks',
    name: 'socat',
    variable: 'ALONGSIDE_SOCAT',
    find: () => onPath('socat'),
    debian: 'socat',
  },
  {
    tests: 'test/pages/run-blocks',
    name: 'kubectl',
    variable: 'ALONGSIDE_KUBECTL',
    find: () => onPath('kubectl'),
    debian: 'kubernetes-client',
  },
  {
    tests: 'test/pages/run-blocks',
    name: 'Podman with compose, networks and HAProxy',
    variable: 'ALONGSIDE_COMPOSE',
    find: () =>
      ['buildah', 'podman', 'runc', 'catatonit', 'nft', 'tini-static', 'haproxy'].every(onPath) &&
      first(['/usr/lib/podman/aardvark-dns']) &&
      onPath('podman-compose'),
    debian: 'buildah podman podman-compose runc aardvark-dns catatonit nftables tini haproxy',
  },
  {
    tests: 'test/delivery/',
    name: 'strip',
    variable: 'ALONGSIDE_STRIP',
    find: () => onPath('strip'),
    debian: 'binutils',
  },
  {
    tests: ['test/delivery/', 'test/windows/'],
    name: 'Wine',
    variable: 'ALONGSIDE_WINE',
    find: findWine,
    debian: 'wine wine64',
  },
  {
    tests: 'test/delivery/',
    name: 'buildah, podman, runc and tini',
    variable: 'ALONGSIDE_PODMAN',
    find: () => ['buildah', 'runc', 'tini-static'].every(onPath) && onPath('podman'),
    debian: 'buildah podman runc tini',
  },
  {
    tests: 'test/delivery/',
    name: 'HAProxy',
    variable: 'ALONGSIDE_HAPROXY',
    find: () => onPath('haproxy') ?? first(['/usr/sbin/haproxy']),
    debian: 'haproxy',
  },
  {
    tests: 'test/delivery/cluster',
    name: 'Patroni with etcd, HAProxy and iproute2',
    variable: 'ALONGSIDE_PATRONI',
    find: () =>
      ['etcd', 'haproxy', 'ip', 'openssl'].every(onPath) &&
      first(['/usr/lib/python3/dist-packages/etcd']) &&
      onPath('patroni'),
    debian: 'patroni python3-etcd etcd-server haproxy iproute2 openssl',
  },
  {
    tests: 'test/delivery/proxies',
    name: 'nginx',
    variable: 'ALONGSIDE_NGINX',
    find: () => onPath('nginx') ?? first(['/usr/sbin/nginx']),
    debian: 'nginx-light',
  },
  {
    tests: 'test/delivery/proxies',
    name: 'Caddy',
    variable: 'ALONGSIDE_CADDY',
    find: () => onPath('caddy'),
    debian: 'caddy',
  },
  {
    tests: 'test/delivery/',
    name: 'systemd-analyze',
    variable: 'ALONGSIDE_SYSTEMD_ANALYZE',
    find: () => onPath('systemd-analyze'),
    debian: 'systemd',
  },
  {
    tests: 'test/observability/',
    name: 'promtool of Prometheus',
    variable: 'ALONGSIDE_PROMTOOL',
    find: () => onPath('promtool'),
    debian: 'promtool',
  },
  {
    tests: 'test/examples/',
    name: 'curl',
    variable: 'ALONGSIDE_CURL',
    find: () => onPath('curl'),
    debian: 'curl',
  },
];
