import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ApiDraft, DefinitionError } from '../protocol.ts';
import { openDraft, publishedApis } from '../testing/published.ts';
import { readDefinition } from './read.ts';

const paths = `  /a:\n    get: {responses: {'200': {description: ok}}}\n`;
const spec = (text: string, more: Partial<ApiDraft> = {}): ApiDraft => ({
  entry: 'spec.yaml',
  files: { 'spec.yaml': text },
  mock: true,
  ...more,
});
const head = `openapi: 3.0.3\nservers: [{url: 'https://example.org/test'}]\n`;
const extension = 'x-nhsd-apim: {access: [{title: A, grants: {app-level3: []}}]}\n';
const deep = (levels: number) => `${'{a: '.repeat(levels)}1${'}'.repeat(levels)}`;

describe('a definition that cannot be used is refused with its place and a sentence', () => {
  // biome-ignore format: a table reads best one row a line
  const cases: [string, ApiDraft, RegExp][] = [
    ['no OpenAPI', spec('info: {}\n'), /^spec\.yaml:1:1: The file is no OpenAPI 3 document/],
    ['Swagger', spec('swagger: "2.0"\n'), /^spec\.yaml:1:1: Swagger 2\.0 is not supported/],
    ['no mapping', spec('- a\n'), /^spec\.yaml:1:1: The file must hold one mapping/],
    ['no YAML', spec('a: [1\nb: 2\n'), /^spec\.yaml:\d+:\d+: The file is no valid YAML or JSON/],
    ['no JSON', spec('{"openapi": "3.0.3", "a": }x'), /^spec\.yaml:1:\d+: The file is no valid YAML or JSON/],
    ['an extension that is not among the files', spec(`${head}${extension}paths:\n${paths}`, { extension: 'access.yaml' }), /^The extension access\.yaml is not among the files: .*--extension FILE/],
    ['a secret with another name', spec(`${head}x-nhsd-apim: {target: {security: {type: mtls, secret: '../x'}}}\npaths:\n${paths}`), /^spec\.yaml:3:\d+: "\.\.\/x" cannot be the name of a secret/],
    ['a duplicate key', spec(`${head}paths: {}\npaths: {}\n`), /^spec\.yaml:4:1: .*Map keys must be unique/],
    ['a second document', spec(`${head}${extension}paths:\n${paths}---\na: 1\n`), /^spec\.yaml:7:1: .*There is a second document/],
    ['the character U+0000', spec(`${head}x: "\0"\n`), /^spec\.yaml:3:5: The file has the character U\+0000/],
    ['half of a surrogate pair', spec(`${head}x: 😀\udc00\n`), /^spec\.yaml:3:6: The file has .* half of a surrogate pair/],
    ['paths that differ in case, one of them open', spec(`${head}${extension}paths:\n  /Note/{id}: {get: {security: [], responses: {}}}\n  /note/{ID}: {get: {responses: {}}}\n`), /^spec\.yaml:6:3: GET \/Note\/\{id\} and GET \/note\/\{ID\} are one for a server that ignores case/],
    ['paths that differ in case, one of them for other modes', openDraft(paths + paths.toUpperCase().replace('GET', 'get').replace('RESPONSES', 'responses').replace('DESCRIPTION: OK', 'description: ok'), { mock: true }, 'x-alongside: {operations: {patient-access: [GET /a]}}\n'), /GET \/a and GET \/A are one/],
    ['no paths', spec(`${head}${extension}`), /The definition has no paths/],
    ['no operation', spec(`${head}${extension}paths: {/a: {}}\n`), /^spec\.yaml:4:1: The definition has no operation/],
    ['a path without a slash', spec(`${head}${extension}paths:\n  a: {}\n`), /^spec\.yaml:5:3: The path "a" must begin with/],
    ['an open brace', spec(`${head}${extension}paths:\n  /a/{id: {get: {responses: {}}}\n`), /^spec\.yaml:5:3: The path "\/a\/\{id" has a brace without its partner/],
    ['no base path', spec(`openapi: 3.0.3\nservers:\n  - url: TBC sandbox URL\n${extension}paths:\n${paths}`), /^spec\.yaml:3:5: The definition has no base path.*--base-path/],
    ['no servers', spec(`openapi: 3.0.3\n${extension}paths:\n${paths}`), /no base path.*--base-path/],
    ['an unknown grant', spec(`${head}x-nhsd-apim:\n  access:\n    - title: A\n      grants:\n        nhs-cis9: []\npaths:\n${paths}`), /^spec\.yaml:7:9: There is no grant "nhs-cis9"; there are app-level0/],
    ['an unknown grant of an operation', spec(`${head}${extension}paths:\n  /a:\n    get:\n      security:\n        - oauth: []\n      responses: {}\n`), /^spec\.yaml:8:11: There is no grant "oauth"/],
    ['an unknown identity', spec(`${head}x-nhsd-apim:\n  target-identity:\n    - name: cis2-name\npaths:\n${paths}`), /^spec\.yaml:5:7: There is no target-identity "cis2-name"/],
    ['a bad limit', spec(`${head}x-nhsd-apim:\n  ratelimiting:\n    proxy: {limit: -1, timeunit: minute}\npaths:\n${paths}`), /^spec\.yaml:5:13: limit must be a whole number/],
    ['a bad time unit', spec(`${head}x-nhsd-apim:\n  ratelimiting:\n    proxy: {limit: 1, timeunit: year}\npaths:\n${paths}`), /timeunit must be second, minute or hour/],
    ['a remote reference', spec(`${head}${extension}paths:\n  /a:\n    get:\n      responses:\n        '200':\n          $ref: https://example.org/x.yaml\n`), /^spec\.yaml:9:11: .*leads to another server/],
    ['a reference out of the folder', spec(`${head}${extension}paths:\n  /a:\n    $ref: ../../etc/passwd\n`), /^spec\.yaml:6:5: .*leads out of the folder.*--root/],
    ['a hidden way out of the folder', spec(`${head}${extension}paths:\n  /a:\n    $ref: 'x/%2e%2e/%2e%2e/secret'\n`), /leads out of the folder/],
    ['an absolute reference', spec(`${head}${extension}paths:\n  /a:\n    $ref: /etc/passwd\n`), /leads out of the folder/],
    ['a file address', spec(`${head}${extension}paths:\n  /a:\n    $ref: 'file:///etc/passwd'\n`), /leads to another server/],
    ['a reference to nothing', spec(`${head}${extension}paths:\n  /a:\n    $ref: '#/components/none'\n`), /^spec\.yaml:6:5: .*leads to nothing/],
    ['a reference to itself', spec(`${head}${extension}paths:\n  /a: {$ref: '#/x-b'}\nx-b: {$ref: '#/x-c'}\nx-c: {$ref: '#/x-b'}\n`), /leads to itself/],
    ['an example that holds itself', spec(`${head}${extension}paths:\n  /a:\n    get: {responses: {'200': {content: {application/json: {example: &x {a: *x}}}}}}\n`), /^spec\.yaml:6:\d+: .*nested more than 200 deep/],
    ['an example that holds all paths', spec(`${head}${extension}paths: &p\n  /a:\n    get: {responses: {'200': {content: {application/json: {example: *p}}}}}\n`), /^spec\.yaml:\d+:\d+: .*nested more than 200 deep/],
    ['a base path with a step up', spec(`openapi: 3.0.3\nservers: [{url: '/a/../b'}]\n${extension}paths:\n${paths}`), /^spec\.yaml:2:12: The definition has no base path/],
    ['deep nesting', spec(`${head}${extension}paths:\n${paths}x-deep: ${deep(250)}\n`), /nested more than 200 deep/],
    ['very deep nesting', spec(`${head}x-deep: ${deep(5_000)}\n`), /^spec\.yaml:\d+:\d+: .*nested more than 200 deep/],
    ['many keys, one of them twice', spec(`${head}x-many: {${Array.from({ length: 20_000 }, (_, at) => `a${at}: 1,`).join('')} a7: 2}\n`), /^spec\.yaml:3:\d+: .*Map keys must be unique/],
    ['too many bytes', spec(`${head}# ${'x'.repeat(2_097_152)}\n`), /has \d+ bytes; 2097152 are allowed/],
    ['too many values', spec(`${head}${extension}paths:\n${paths}x-many: [${'1,'.repeat(200_001)}1]\n`), /^spec\.yaml:7:400009: The definition has more than 200000 values/],
    ['too many values in examples', spec(`${head}${extension}paths:\n  /a:\n    get: {responses: {'200': {content: {application/json: {example: [&l [${'1,'.repeat(1_000)}1]${', *l'.repeat(200)}]}}}}}\n`), /^spec\.yaml:6:\d+: The examples have more than 200000 values/],
    ['a million values', spec(`${head}x-many:\n  - [${'1,'.repeat(1_000_000)}1]\n`), /^spec\.yaml:4:400007: The definition has more than 200000 values/],
    ['too many operations', spec(`${head}${extension}paths:\n${Array.from({ length: 2_001 }, (_, at) => `  /a${at}: {get: {responses: {}}}\n`).join('')}`), /has 2001 operations; 2000 are allowed/],
    ['a member that is a prototype', spec(`${head}paths: {__proto__: {a: 1}}\n`), /may not be called __proto__/],
    ['an unknown setting', openDraft(paths, { mock: true }, 'x-alongside:\n  eror: spine\n'), /^spec\.yaml:7:3: x-alongside has no member "eror"/],
    ['a bad setting', openDraft(paths, { mock: true }, 'x-alongside:\n  timeouts:\n    connect: soon\n'), /^spec\.yaml:8:5: x-alongside\.timeouts\.connect must be a whole number/],
    ['no back end', openDraft(paths), /--upstream URL, or --mock/],
    ['two back ends', openDraft(paths, { mock: true, upstream: 'http://localhost:1' }), /either an upstream or the mock/],
  ];
  for (const [about, draft, message] of cases)
    test(about, async () => {
      await assert.rejects(readDefinition(draft), (error: Error) => {
        assert.ok(error instanceof DefinitionError, `${error.name}: ${error.stack}`);
        assert.match(error.message, message);
        return true;
      });
    });
});

describe('a malformed definition of 2 MiB is refused before, or at, its first error', () => {
  const most = 2_097_152;
  const many = (text: string, before = ''): string =>
    before + text.repeat(Math.floor((most - before.length) / text.length));
  const tooDeep = /^spec\.yaml:\d+:\d+: The definition is nested more than 200 deep/;
  // biome-ignore format: a table reads best one row a line
  const forms: [string, string, RegExp][] = [
    ['open lists and maps', many('[{'), tooDeep],
    ['closed lists', `${'['.repeat(most / 2)}${']'.repeat(most / 2)}`, tooDeep],
    ['keys that begin on one line', many('? - '), tooDeep],
    ['brackets that close nothing', many('}'), /^spec\.yaml:1:1: The file is no valid YAML or JSON: Unexpected flow-map-end/],
    ['anchors of one value', many('&a '), /^spec\.yaml:1:1200001: The definition has more than 400000 anchors/],
    ['tags of one value', many('!a ', '['), /^spec\.yaml:1:1200002: The definition has more than 400000 tags/],
    ['texts side by side', many('""'), /^spec\.yaml:1:800001: The definition has more than 400000 texts/],
    ['wrong escapes', many('\\q', '"'), /^spec\.yaml:1:2: The file is no valid YAML or JSON: Invalid escape sequence/],
    ['keys without values', many('? a\n'), /^spec\.yaml:200001:1: The definition has more than 200000 values/],
    ['comments', many('#\n'), /^spec\.yaml:400001:2: The definition has more than 400000 lines/],
  ];
  for (const [about, text, message] of forms)
    test(about, () => assert.rejects(readDefinition(spec(text)), { message }));
});

describe('a definition', () => {
  test('is read with a warning for each missing file, and nothing more', async () => {
    const missing = async (draft: ApiDraft) =>
      (await readDefinition(draft)).warnings.filter((warning) => warning.includes('is missing')).length;
    assert.deepEqual(
      await Promise.all([
        missing(publishedApis.helloWorld),
        missing(publishedApis.tracker),
        missing(publishedApis.worker),
        missing(publishedApis.statusUpdate),
      ]),
      [1, 6, 0, 0],
    );
  });

  // biome-ignore format: a table reads best one row a line
  const warned: [string, ApiDraft, RegExp][] = [
    ['another version', spec(`openapi: 3.1.0\nservers: [{url: /test}]\n${extension}paths:\n${paths}`), /OpenAPI 3\.1\.0/],
    ['two paths that differ in the name of a parameter', spec(`${head}${extension}paths:\n  /a/{x}:\n    get: {responses: {}}\n  /a/{y}:\n    get: {responses: {}}\n`), /^spec\.yaml:7:3: No call differs between \/a\/\{x\} and \/a\/\{y\}/],
    ['several servers', spec(`openapi: 3.0.3\nservers: [{url: /test}, {url: /other}]\n${extension}paths:\n${paths}`), /There are 2 servers/],
    ['an unknown member', spec(`${head}x-nhsd-apim: {acess: []}\npaths:\n${paths}`, { open: true }), /has no member "acess"/],
    ['no extension', spec(`${head}paths:\n${paths}`, { open: true }), /There is no x-nhsd-apim/],
    ['an unknown operation in settings', openDraft(paths, { mock: true }, 'x-alongside: {faults: [{operation: GET /b, status: 500}]}\n'), /"GET \/b", which the definition does not have/],
    ['a pattern that is none', spec(`${head}${extension}paths:\n  /a:\n    get:\n      parameters: [{in: query, name: q, schema: {type: string, pattern: '('}}]\n      responses: {}\n`), /is no regular expression/],
    ['a pattern that is slow for some texts', spec(`${head}${extension}paths:\n  /a:\n    get:\n      parameters: [{in: query, name: q, schema: {type: string, pattern: '^(a+)+$'}}]\n      responses: {}\n`), /^spec\.yaml:7:64: The pattern "\^\(a\+\)\+\$" takes too long for some texts, such as "a"\.repeat\(40\) \+ "!"/],
    ['a slow pattern as the name of members', spec(`${head}${extension}paths:\n  /a:\n    post:\n      requestBody: {content: {application/json: {schema: {patternProperties: {'^(b|b)*$': {type: string}, '(': {}}}}}}\n      responses: {}\n`), /^spec\.yaml:7:79: The pattern .* takes too long/],
    ['a grant that nobody gets', spec(`${head}${extension}paths:\n  /a:\n    get: {security: [{nhs-cis2-aal3: []}], responses: {}}\n`), /needs nhs-cis2-aal3, which no access mode gives/],
  ];
  for (const [about, draft, message] of warned)
    test(`is read with a warning for ${about}`, async () => {
      const { warnings } = await readDefinition(draft);
      assert.ok(
        warnings.some((warning) => message.test(warning)),
        warnings.join('\n'),
      );
    });
});

describe('an unusual definition', () => {
  test('may have a list of 130,000 values', async () => {
    const list = `x-many: [${'1,'.repeat(130_000)}1]\n`;
    const { model } = await readDefinition(spec(`${head}${extension}paths:\n${paths}${list}`));
    assert.equal(model.operations.length, 1);
  });

  test('may have underscores in grants, document-level security, and an empty list that opens an operation', async () => {
    const { model } = await readDefinition(
      spec(`${head}x-nhsd-apim: {access: [{grants: {nhs_cis2_aal3: []}}, {grants: {app_level3: []}}]}
security: [{app-level3: []}]
paths:
  /own: {get: {security: [{nhs-cis2-aal3: []}], responses: {}}}
  /usual: {get: {responses: {}}}
  /open: {get: {security: [], responses: {}}}
`),
    );
    assert.deepEqual(
      model.operations.map(({ key, grants }) => [key, grants]),
      [
        ['GET /own', ['nhs-cis2-aal3']],
        ['GET /usual', ['app-level3']],
        ['GET /open', []],
      ],
    );
  });

  test('may have paths that differ in case for the same callers', async () => {
    const twice = `  /Note: {get: {responses: {}}}\n  /note: {get: {responses: {}}, post: {security: [], responses: {}}}\n`;
    const { model } = await readDefinition(spec(`${head}${extension}paths:\n${twice}`));
    assert.deepEqual(
      model.operations.map(({ key }) => key),
      ['GET /Note', 'GET /note', 'POST /note'],
    );
  });

  test('needs a grant of the access modes if it has no security, and is never open', async () => {
    const { model } = await readDefinition(spec(`${head}${extension}paths:\n${paths}`));
    assert.deepEqual(model.operations[0]?.grants, ['app-level3']);
  });

  test('may have recursive schemas, aliases and one path several times', async () => {
    const { model } = await readDefinition(
      spec(`${head}${extension}paths:
  /tree#one:
    get: {responses: {'200': {content: {application/json: {schema: &tree {$ref: '#/components/schemas/Tree'}, examples: {one: {value: {name: a}}}}}}}}
  /tree#two:
    get: {responses: {'200': {content: {application/json: {schema: *tree, examples: {two: {value: {name: b}}}}}}}}
components: {schemas: {Tree: {type: object, nullable: true, properties: {name: {type: string}, below: {type: array, items: {$ref: '#/components/schemas/Tree'}}}}}}
`),
    );
    assert.equal(model.operations.length, 1);
    const content = model.operations[0]?.responses[0]?.content['application/json'];
    assert.deepEqual(
      content?.examples.map(({ name }) => name),
      ['one', 'two'],
    );
    assert.deepEqual(content?.schema, { $ref: '#/$defs/s1' });
    assert.deepEqual(model.schemas.s1?.type, ['object', 'null']);
    assert.equal(JSON.stringify(model.schemas).includes('"items":{"$ref":"#/$defs/s1"}'), true);
  });

  test('an alias bomb costs nothing', async () => {
    const levels = Array.from(
      { length: 30 },
      (_, at) => `x-${at + 1}: &a${at + 1} [*a${at}, *a${at}, *a${at}]\n`,
    );
    const { model } = await readDefinition(
      spec(`${head}x-0: &a0 [1]\n${levels.join('')}${extension}paths:\n${paths}`),
    );
    assert.equal(model.operations.length, 1);
  });
});
