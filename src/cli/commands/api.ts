import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import type { ApiRecord } from '../../gateway/definitions/model.ts';
import { type ApiReport, DefinitionError, secretNameForm } from '../../gateway/protocol.ts';
import { noSuch } from '../../kit/known.ts';
import { gatherFiles, readRecorded, recordedFile, writeFiles, writeRecorded } from '../api-files.ts';
import { consoleCommand, type Output, text, yes } from '../command.ts';
import { StopSignal } from '../foreground.ts';
import type { InstanceApi } from '../instance.ts';
import { readText } from '../json-file.ts';
import { patchOf } from '../patch.ts';
import { columns, counted } from '../table.ts';

const missing = (name: string) => noSuch('API', name);

interface Flags {
  name?: string | undefined;
  basePath?: string | undefined;
  upstream?: string | undefined;
  mock?: boolean | undefined;
  record?: string | undefined;
  errors?: string | undefined;
  validate?: string | undefined;
  extension?: string | undefined;
  root?: string | undefined;
  open?: boolean | undefined;
  signedIdentity?: boolean | undefined;
}

/** Milliseconds for calls that read a definition: each may take a minute, and waits for those before it. */
const timeout = 600_000;

const optionsOf = ({
  name,
  basePath,
  upstream,
  mock,
  open,
  errors,
  validate,
}: Flags): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries({ name, basePath, upstream, mock, open, errors, validate }).filter(
      ([, value]) => value !== undefined,
    ),
  );

/** Reads the files of a definition; its errors are sentences with a place. */
async function filesOf(file: string, { root, extension }: Flags) {
  try {
    return await gatherFiles(file, { root, extension });
  } catch (error) {
    throw error instanceof DefinitionError ? new OperatorError(error.message) : error;
  }
}

/** Returns members of x-alongside: `faults=[…]`, `timeouts.headers=1000`. */
const settingsOf = (given: readonly string[], { signedIdentity }: Flags) => {
  const assignments = signedIdentity ? ['signedIdentity=true', ...given] : given;
  return assignments.length === 0 ? {} : { settings: patchOf(assignments, { numbers: true }) };
};

/** Reads `--secret NAME=VALUE`, `NAME=@FILE`, or the name alone of one that is stored. */
function secretsOf(secrets: readonly string[]): { name: string; value: string | undefined }[] {
  return secrets.map((secret) => {
    const [name = '', ...rest] = secret.split('=');
    const value = rest.length === 0 ? undefined : rest.join('=');
    if (!secretNameForm.test(name) || value === '')
      throw new UsageError(
        '--secret takes NAME=@FILE, NAME=VALUE, or the NAME of a stored one: letters, digits, dots, underscores and hyphens.',
      );
    return { name, value: value?.startsWith('@') ? readText(value.slice(1), 65_536).trim() : value };
  });
}

/** Stores the secrets, and returns the member of the draft that lets the target use them. */
async function storeSecrets(api: InstanceApi, given: readonly string[]): Promise<{ secrets?: string[] }> {
  const secrets = secretsOf(given);
  for (const { name, value } of secrets)
    if (value !== undefined)
      await api.must('PUT', '/api-secrets/{name}', { path: { name }, body: { value } });
  return secrets.length === 0 ? {} : { secrets: secrets.map(({ name }) => name) };
}

async function ofExamples(record: ApiRecord): Promise<string[]> {
  const { Validation } = await import('../../gateway/definitions/validation.ts');
  const { warningsOfExamples } = await import('../../gateway/definitions/conformance.ts');
  const validation = new Validation({ log: silentLog, clock: systemClock });
  try {
    return await warningsOfExamples(record, validation);
  } finally {
    await validation.close();
  }
}

/** Writes the responses of the upstream into a folder until the command is stopped, and then ends the recording. */
async function record(api: InstanceApi, name: string, folder: string, out: Output): Promise<number> {
  const stop = new StopSignal();
  const read = async () => (await api.must('GET', '/apis/{name}/source', { path: { name } })).examples;
  writeRecorded(folder, await read());
  out.note(`Recording the responses of ${name} into ${recordedFile(folder)}. Press Ctrl-C to stop.`);
  let isStopped = false;
  while (!isStopped) {
    isStopped = await Promise.race([stop.heard.then(() => true), sleep(1_000, false)]);
    if (isStopped) await api.must('PATCH', '/apis/{name}', { path: { name }, body: { record: false } });
    const examples = await read();
    writeRecorded(folder, examples);
    if (isStopped) return examples.length;
  }
  return 0;
}

/** Adds the products of an API to those of an application. */
async function subscribe(api: InstanceApi, id: string, { access }: ApiReport) {
  const { platform } = await api.mustFind(noSuch('application', id), 'GET', '/applications/{id}', {
    path: { id },
  });
  if (!platform) throw new OperatorError(`Application ${id} is not registered at the API platform.`);
  const products = [...new Set([...platform.products, ...access.map(({ product }) => product)])];
  await api.must('PATCH', '/applications/{id}', { path: { id }, body: { platform: { products } } });
}

const warningsOf = ({ warnings }: ApiReport): string[] => warnings.map((warning) => `Warning: ${warning}`);

const limitOf = (limit: object | null): string => (limit === null ? 'none' : JSON.stringify(limit));

/** Describes the parsed definition: modes with scopes and products, operations, headers, limits. */
function linesOf(report: ApiReport, origin?: string): string[] {
  const { name, basePath, title, version, backEnd, access, operations, headers, limits, settings } = report;
  const rows = [
    ['API', [name, title, version].filter(Boolean).join(', ')],
    ['address', `${origin ?? ''}${basePath}`],
    ['back end', `${backEnd}${report.record ? ', recording' : ''}`],
    ['limits', `all clients ${limitOf(limits.api)}; each application ${limitOf(limits.application)}`],
    ...access.flatMap(({ title: mode, grant, scopes, product }) => [
      ['access', `${mode}: ${grant}, product ${product}`],
      ...scopes.map((scope) => ['', scope]),
    ]),
    ...Object.entries(headers).map(([header, value], index) => [
      index === 0 ? 'headers' : '',
      `${header}: ${value}`,
    ]),
    ...operations.map(({ operation, needs }, index) => [
      index === 0 ? 'operations' : '',
      `${operation}: ${needs.join(' or ').replace('unmet', 'a grant of access, which has none')}`,
    ]),
    [
      'settings',
      Object.entries(settings)
        .filter(([, value]) => typeof value !== 'object')
        .map(([member, value]) => `${member}=${value}`)
        .join(' '),
    ],
  ];
  return columns(rows);
}

const flags = {
  name: text,
  basePath: text,
  upstream: text,
  mock: yes,
  record: text,
  errors: text,
  validate: text,
  extension: text,
  root: text,
  open: yes,
  signedIdentity: yes,
};

export const api = consoleCommand({
  name: 'api',
  flags,
  lists: ['set', 'secret', 'application'],
  actions: {
    add: {
      words: 'FILE',
      help: [
        ['--upstream URL', 'put this back end behind the gateway'],
        ['--mock', 'answer with the examples of the definition'],
        ['  --name NAME', 'its name in scopes; by default from the base path'],
        ['  --base-path /PATH', 'by default that of the first server of the file'],
        ['  --errors FAMILY', 'apigee, spine, spine-stu3, nhsd-api, http-codes, problem or message'],
        ['  --validate off|warn|enforce', 'checks requests and responses; warn by default'],
        [
          '  --record DIR',
          'write responses of the upstream into a folder until Ctrl-C; with --mock, answer with them',
        ],
        ['  --signed-identity', 'send the caller also as a signed JWT, in NHSD-Identity-JWT'],
        ['  --extension FILE', 'x-nhsd-apim and x-alongside in a file of their own, in any folder'],
        ['  --open', 'let anyone call operations for which the definition names no access'],
        ['  --root DIR', 'let references lead to files of this folder'],
        ['  --set path=value...', 'members of x-alongside, such as timeouts.headers=1000'],
        [
          '  --secret NAME=@FILE...',
          'send the upstream the API key or client certificate (PEM) that the target of the definition names; NAME alone uses a stored one',
        ],
        ['  --application ID...', 'give this application the products of the API'],
      ],
      async run({ api, flags, lists, out }, file) {
        const gathered = await filesOf(file, flags);
        const draft = { ...gathered, ...optionsOf(flags), ...settingsOf(lists.set, flags) };
        const { record: folder, mock } = flags;
        if (folder !== undefined && !mock && existsSync(recordedFile(folder)))
          throw new OperatorError(`${recordedFile(folder)} exists. Choose another folder, or remove it.`);
        const recording =
          mock && folder !== undefined ? { examples: readRecorded(folder) } : { record: true };
        const more = folder === undefined ? {} : recording;
        const body = { ...draft, ...more, ...(await storeSecrets(api, lists.secret)) };
        const report = await out.progress.during(
          'Reading the definition',
          api.must('POST', '/apis', { body, timeout }),
        );
        for (const id of lists.application) await subscribe(api, id, report);
        const { urls } = await api.must('GET', '/state');
        if (folder !== undefined && !mock) {
          out.note(`Added ${report.name}. It is at ${urls.apis}${report.basePath}.`);
          const responses = await record(api, report.name, folder, out);
          return {
            json: { ...report, recorded: responses },
            lines: [`${recordedFile(folder)}: ${counted(responses, 'response')}.`],
          };
        }
        return {
          json: report,
          lines: [
            `Added ${report.name}. It is at ${urls.apis}${report.basePath}.`,
            '',
            ...linesOf(report, urls.apis),
          ],
          notes: warningsOf(report),
        };
      },
    },
    list: {
      help: 'all APIs, also those in process',
      async run({ api }) {
        const found = await api.must('GET', '/apis');
        const rows = found.apis.map(({ name, address, backEnd, operations, open, warnings }) => [
          name,
          address,
          backEnd,
          [
            operations > 0 ? counted(operations, 'operation') : '',
            open > 0 ? `${open} open to anyone` : '',
            warnings > 0 ? counted(warnings, 'warning') : '',
          ]
            .filter(Boolean)
            .join(', '),
        ]);
        const notes = found.apis.flatMap(({ name, notice }) =>
          notice === null ? [] : [`Warning: ${name}: ${notice}`],
        );
        return { json: found, lines: columns(rows), notes };
      },
    },
    show: {
      words: 'NAME',
      help: 'what was understood of a definition',
      async run({ api }, name) {
        const report = await api.mustFind(missing(name), 'GET', '/apis/{name}', { path: { name } });
        const { urls } = await api.must('GET', '/state');
        return { json: report, lines: linesOf(report, urls.apis), notes: warningsOf(report) };
      },
    },
    edit: {
      words: 'NAME [FILE]',
      help: [
        ['', 'replace its files, with the options of add'],
        ['--upstream URL | --mock', 'change its back end'],
        ['--signed-identity', 'send the caller also as a signed JWT; --set signedIdentity=false ends it'],
        ['--set path=value...', 'change members of x-alongside; path=null removes one'],
      ],
      async run({ api, flags, lists, out }, name, file?: string) {
        const { name: other, ...options } = optionsOf(flags);
        if (other !== undefined)
          throw new UsageError('An API keeps its name. Add another one, and remove this one.');
        if (file === undefined && (flags.extension ?? flags.root) !== undefined)
          throw new UsageError(`Name the file too: alongside api edit ${name} FILE --extension FILE.`);
        const gathered = file === undefined ? {} : await filesOf(file, flags);
        if (flags.record !== undefined)
          throw new UsageError('Only add records: remove the API, and add it with --record DIR.');
        const patch = { ...gathered, ...options, ...settingsOf(lists.set, flags) };
        if (Object.keys(patch).length === 0 && lists.secret.length + lists.application.length === 0)
          throw new UsageError('Name the change: a file, --upstream URL, --mock, --set path=value.');
        const body = { ...patch, ...(await storeSecrets(api, lists.secret)) };
        const report = await out.progress.during(
          'Reading the definition',
          api.mustFind(missing(name), 'PATCH', '/apis/{name}', { path: { name }, body, timeout }),
        );
        for (const id of lists.application) await subscribe(api, id, report);
        return { json: report, lines: [`API ${name} is changed.`], notes: warningsOf(report) };
      },
    },
    remove: {
      words: 'NAME',
      help: 'remove one, with its products',
      async run({ api }, name) {
        await api.mustFind(missing(name), 'DELETE', '/apis/{name}', { path: { name } });
        return {
          json: { removed: name },
          lines: [
            `Removed API ${name} and its products. Applications that had them can call it again once it is added again.`,
          ],
        };
      },
    },
    export: {
      words: 'NAME [DIR]',
      help: 'print its file, or write all its files and recorded responses into a folder',
      async run({ api }, name, folder?: string) {
        const source = await api.mustFind(missing(name), 'GET', '/apis/{name}/source', { path: { name } });
        const { files, entry, examples } = source;
        const names = Object.keys(files);
        if (folder === undefined) {
          if (names.length > 1)
            throw new UsageError(
              `${name} has ${names.length} files. Name a folder for them: alongside api export ${name} DIR.`,
            );
          return { json: source, lines: (files[entry] ?? '').replace(/\n$/, '').split('\n') };
        }
        const recorded: Record<string, string> =
          examples.length > 0 ? { 'recorded.json': `${JSON.stringify({ examples }, null, 2)}\n` } : {};
        writeFiles(folder, { ...files, ...recorded });
        const count = names.length + Object.keys(recorded).length;
        return {
          json: { folder, files: count },
          lines: [`${folder}: ${counted(count, 'file')}.`],
        };
      },
    },
    check: {
      words: 'FILE',
      help: 'read a definition and its examples, and show what was understood; needs no running instance',
      async run({ flags, lists }, file) {
        const { readDefinition } = await import('../../gateway/definitions/read.ts');
        const { reportOf } = await import('../../gateway/definitions/register.ts');
        const gathered = await filesOf(file, flags);
        const options = {
          ...optionsOf({ ...flags, ...(flags.upstream === undefined ? { mock: true } : {}) }),
          secrets: secretsOf(lists.secret).map((secret) => secret.name),
        };
        try {
          const { draftShape } = await import('../../gateway/protocol.ts');
          const draft = draftShape.safeParse({ ...gathered, ...options, ...settingsOf(lists.set, flags) });
          if (!draft.success) {
            const [issue] = draft.error.issues;
            throw new UsageError(`${issue?.path.join('.')} ${issue?.message}.`);
          }
          const record = await readDefinition(draft.data);
          const report = reportOf({
            ...record,
            warnings: [...record.warnings, ...(await ofExamples(record))],
          });
          return { json: report, lines: linesOf(report), notes: warningsOf(report) };
        } catch (error) {
          throw error instanceof DefinitionError ? new OperatorError(error.message) : error;
        }
      },
    },
  },
  notes: [
    'The definition is an OpenAPI 3 file with x-nhsd-apim. Put your own API behind the gateway in five minutes: docs/apis.md.',
  ],
});
