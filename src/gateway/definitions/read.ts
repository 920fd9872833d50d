import { type ApiDraft, apiNameForm, basePathForm } from '../protocol.ts';
import { noticeOf } from './callers.ts';
import { readExtension } from './extension.ts';
import { type ApiModel, type ApiRecord, type ApiSettings, settingsShape } from './model.ts';
import { alikeInAnyCase } from './operation-finder.ts';
import { readOperations } from './operations.ts';
import { isMapping, type Mapping, type SourceFiles } from './parsed-files.ts';
import { hashOfFiles, Schemas } from './schemas.ts';
import { Source } from './source.ts';

/** Returns the base path with its place: that of the first server, as far as it is an address or a path. */
function basePathOf(
  source: Source,
  document: Mapping,
  given: string | undefined,
): Pick<ApiRecord, 'basePath' | 'basePathPlace'> {
  if (given !== undefined) return { basePath: given };
  const servers = source.follow(document.servers);
  const list = Array.isArray(servers) ? servers : [];
  if (list.length > 1)
    source.warn(`There are ${list.length} servers; the first one's path counts.`, document, 'servers');
  const server = source.follow(list[0]);
  const url = isMapping(server) ? String(source.follow(server.url) ?? '') : '';
  const path = url.startsWith('/') ? url : (URL.parse(url)?.pathname ?? '');
  const plain = path.endsWith('/') ? path.slice(0, -1) : path;
  const at = (sentence: string) =>
    source.fail(sentence, isMapping(server) ? server : document, isMapping(server) ? 'url' : 'servers');
  const { place } = at('');
  if (basePathForm.test(plain)) return { basePath: plain, ...(place ? { basePathPlace: place } : {}) };
  throw at(
    `The definition has no base path: servers[0].url is ${JSON.stringify(url.slice(0, 100))}. Name one with --base-path, such as /my-api.`,
  );
}

function settingsOf(source: Source, holder: Mapping, draft: ApiDraft): ApiSettings {
  const given = source.follow(holder['x-alongside']);
  if (given !== undefined && !isMapping(given))
    throw source.fail('x-alongside must be a mapping.', holder, 'x-alongside');
  const own = given === undefined ? {} : (source.plain(given) as Mapping);
  const chosen = {
    ...own,
    ...draft.settings,
    ...(draft.errors === undefined ? {} : { errors: draft.errors }),
    ...(draft.validate === undefined ? {} : { validate: draft.validate }),
  };
  const result = settingsShape.safeParse(chosen);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = (issue?.path ?? []).map(String);
  // The place is that of the deepest part that the file has.
  let part: unknown = given;
  for (const name of path.slice(0, -1)) {
    const next = isMapping(part) || Array.isArray(part) ? source.follow((part as Mapping)[name]) : undefined;
    if (typeof next !== 'object' || next === null) break;
    part = next;
  }
  const sentence =
    unknown === undefined
      ? `x-alongside.${path.join('.')} ${issue?.message}.`
      : `x-alongside has no member "${[...path, unknown].join('.')}".`;
  throw source.fail(sentence, part ?? holder, unknown ?? path.at(-1) ?? 'x-alongside');
}

function backEndOf(source: Source, draft: ApiDraft, model: ApiModel): ApiRecord['backEnd'] {
  if (draft.mock && draft.upstream !== undefined)
    throw source.fail('Choose either an upstream or the mock, not both.');
  if (draft.mock) return { kind: 'mock' };
  if (draft.upstream === undefined)
    throw source.fail(
      `Name the back end: --upstream URL, or --mock to answer with the examples${model.target.url ? ` (the target of the file, ${model.target.url}, is not called unless you name it)` : ''}.`,
    );
  return {
    kind: 'upstream',
    url: draft.upstream.replace(/\/$/, ''),
    ...(draft.record ? { record: true } : {}),
  };
}

/** Returns the value and the key that name the access of an API, for a place. */
function accessPlace(source: Source, holder: Mapping): [Mapping, string] {
  const extension = source.follow(holder['x-nhsd-apim']);
  return isMapping(extension) ? [extension, 'access'] : [holder, 'x-nhsd-apim'];
}

/** Warns about settings that refer to missing parts of the definition. */
function checkSettings(
  source: Source,
  holder: Mapping,
  { operations, faults }: ApiSettings,
  model: ApiModel,
): void {
  const known = new Set(model.operations.map(({ key }) => key));
  const named = [
    ...Object.values(operations ?? {}).flat(),
    ...faults.flatMap(({ operation }) => operation ?? []),
  ];
  for (const key of named)
    if (!known.has(key))
      source.warn(
        `x-alongside names the operation "${key}", which the definition does not have.`,
        holder,
        'x-alongside',
      );
}

/** Refuses other documents than those of OpenAPI 3. */
function requireOpenApi3(source: Source): void {
  const { document } = source;
  const version = source.follow(document.openapi);
  if (document.swagger !== undefined)
    throw source.fail('Swagger 2.0 is not supported. Convert the file to OpenAPI 3.', document, 'swagger');
  if (typeof version !== 'string' || !version.startsWith('3.'))
    throw source.fail('The file is no OpenAPI 3 document: it has no "openapi: 3.…".', document, 'openapi');
  if (version !== '3.0.3')
    source.warn(`The definition is OpenAPI ${version}; published ones are 3.0.3.`, document, 'openapi');
}

/** Reads a definition as it will be served. The result holds everything that the gateway needs. */
export async function readDefinition(draft: ApiDraft): Promise<ApiRecord> {
  const files: SourceFiles = { entry: draft.entry, files: draft.files };
  const source = await Source.read(files);
  const { document } = source;
  requireOpenApi3(source);
  source.checkReferences();
  if (draft.extension !== undefined && !Object.hasOwn(draft.files, draft.extension))
    throw source.fail(
      `The extension ${draft.extension} is not among the files: name it again with --extension FILE, or remove it ("extension": null).`,
    );
  const other =
    draft.extension === undefined ? undefined : await Source.read({ ...files, entry: draft.extension });
  const beside = other?.document ?? {};
  const holderOf = (member: string): [Source, Mapping] =>
    other && beside[member] !== undefined ? [other, beside] : [source, document];
  const { basePath, basePathPlace } = basePathOf(source, document, draft.basePath);
  const schemas = new Schemas(source);
  const [extensionSource, extensionHolder] = holderOf('x-nhsd-apim');
  const extension = readExtension(extensionSource, extensionHolder, draft);
  const open = draft.open === true;
  const operations = readOperations({ source, schemas, document, access: extension.access, open });
  schemas.warnOfSlowPatterns();
  const info = source.follow(document.info);
  const text = (member: string) =>
    (isMapping(info) ? String(source.follow(info[member]) ?? '') : '').slice(0, 200);
  const model: ApiModel = {
    title: text('title'),
    version: text('version'),
    operations,
    schemas: schemas.named,
    ...extension,
  };
  const [settingsSource, settingsHolder] = holderOf('x-alongside');
  const settings = settingsOf(settingsSource, settingsHolder, draft);
  checkSettings(settingsSource, settingsHolder, settings, model);
  const alike = alikeInAnyCase(operations, settings.operations);
  if (alike)
    throw source.fail(
      `${alike[0].key} and ${alike[1].key} are one for a server that ignores case, and other callers may call them. Rename one, or give both the same security.`,
      source.follow(document.paths),
      alike[1].path,
    );
  const backEnd = backEndOf(source, draft, model);
  const name = draft.name ?? basePath.slice(1).replaceAll('/', '-');
  const notice = noticeOf({ name, model, open });
  if (notice !== undefined) extensionSource.warn(notice, ...accessPlace(extensionSource, extensionHolder));
  if (!apiNameForm.test(name))
    throw source.fail(`"${name}" cannot be the name of an API. Name one with --name.`);
  return {
    name,
    basePath,
    backEnd,
    settings,
    model,
    open,
    ...(basePathPlace ? { basePathPlace } : {}),
    warnings: [...source.warnings, ...(other?.warnings ?? [])],
    hash: hashOfFiles(draft.files),
  };
}
