import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '@alongside/kernel/config';
import { configShape } from '../config.ts';
import { apisProblem, mutualTlsUrls, portsFrom, publicUrls } from './addresses.ts';

const ports = portsFrom(8400);
const urlsOf = (settings: Record<string, unknown>, development = true) =>
  publicUrls(loadConfig(configShape, settings), ports, development);

describe('the address of APIs by definition', () => {
  test('is a port of its own in development, and moves no other port', () => {
    assert.equal(urlsOf({}).apis, 'http://localhost:8408');
    assert.equal(urlsOf({ urlApi: 'https://api.example.test' }).apis, 'http://localhost:8408');
    assert.deepEqual(
      [ports.api, ports.sample, ports.apiMutualTls, ports.cis2MutualTls],
      [8401, 8405, 8406, 8407],
    );
  });

  test('is that of the platform in production, unless it is set', () => {
    const urlApi = 'https://api.example.test';
    assert.equal(urlsOf({ urlApi }, false).apis, urlApi);
    assert.equal(
      urlsOf({ urlApi, urlApis: 'https://apis.example.test/' }, false).apis,
      'https://apis.example.test',
    );
  });

  test('may be exactly that of the platform, and has no other address of an origin of the installation', () => {
    const urlApi = 'https://api.example.test';
    for (const urlApis of [urlApi, 'https://apis.example.test', 'https://api.example.test:8408'])
      assert.equal(apisProblem(urlsOf({ urlApi, urlApis })), undefined, urlApis);
    for (const urlApis of [
      `${urlApi}/apis`,
      `${urlApi}:443`,
      'http://localhost:8400',
      'http://localhost:8402/x',
    ])
      assert.match(apisProblem(urlsOf({ urlApi, urlApis })) ?? '', /which has the origin of/, urlApis);
  });

  test('has a listener for clients with a certificate only if it has an origin of its own', () => {
    const settings = {
      tlsCertificate: 'a.pem',
      tlsKey: 'a.key',
      urlApi: 'https://api.test',
      urlCis2: 'https://cis2.test',
    };
    const mutualTls = (more: Record<string, unknown>) => {
      const config = loadConfig(configShape, { ...settings, ...more });
      return mutualTlsUrls(config, ports, publicUrls(config, ports, false));
    };
    assert.equal(mutualTls({}).apis, undefined);
    assert.deepEqual(mutualTls({ urlApis: 'https://apis.test' }), {
      api: 'https://api.test:8406',
      apis: 'https://apis.test:8409',
      cis2: 'https://cis2.test:8407',
    });
  });
});
