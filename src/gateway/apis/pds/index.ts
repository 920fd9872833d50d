import type { Answer } from '@alongside/kernel/answer';
import { noParameters, type Parameters, parseParameters } from '../../../oauth/parameters.ts';
import {
  type AllowedPath,
  type AnsweredCall,
  type ApiDefinition,
  type AuditedCall,
  anyOf,
  applicationScope,
  type Call,
  checkOf,
  pathSet,
  type Restriction,
  userScope,
} from '../../api.ts';
import type { Dependencies } from '../../dependencies.ts';
import { errors } from '../../errors/catalogue.ts';
import { pds } from '../../errors/pds.ts';
import { makeBackEnd } from './back-end.ts';
import { citizenOf, isTrusted, loginUserOf, settingsOf } from './caller.ts';
import { coverageSubject } from './coverage.ts';
import { isNhsNumber } from './nhs-number.ts';

/** Returns the version of a resource in a response. */
function versionOf(answer: Answer | undefined): { version?: number } {
  const etag = answer?.headers.etag;
  const version = typeof etag === 'string' ? /^W\/"(\d{1,9})"$/.exec(etag)?.[1] : undefined;
  return version === undefined ? {} : { version: Number(version) };
}

/** Returns the number of patients found. The member precedes the entries. */
function countOf(answer: Answer | undefined): { count?: number } {
  if (answer?.status !== 200) return {};
  const count = /"total":(\d{1,9})/.exec(String(answer.body).slice(0, 300))?.[1];
  return count === undefined ? {} : { count: Number(count) };
}

/** An invalid number may be any text, so it is not recorded. */
const numbered = (text: string | undefined): { subject?: string } =>
  text !== undefined && isNhsNumber(text) ? { subject: text } : {};

/** Returns the number of the patient in a response to POST, where the path has none. */
const numberIn = (answer: Answer | undefined): { subject?: string } =>
  numbered(/("id":"|subscriber:identifier=)(\d{10})"/.exec(String(answer?.body).slice(0, 600))?.[2]);

/** Describes a call for the audit log: the patient of the record read or changed, but never the search values. */
function auditedPdsCall({ verb, path, query, answer, isRepetition }: AnsweredCall): AuditedCall {
  const [, id] = /^\/Patient\/([^/]*)/.exec(path) ?? [];
  if (isRepetition) {
    const subject = id === undefined ? numberIn(answer) : numbered(id);
    return { action: 'patient.change-repeated', ...subject, facts: versionOf(answer) };
  }
  if (/^\/Coverage(\/|$)/.test(path)) {
    const subject = numbered(coverageSubject(query));
    return {
      action: verb === 'GET' ? 'patient.read' : 'patient.changed',
      ...subject,
      facts: versionOf(answer),
    };
  }
  if (verb === 'GET' && path === '/Patient') return { action: 'patient.searched', facts: countOf(answer) };
  if (path !== '/Patient' && id === undefined) return { action: 'api.called' };
  if (verb === 'GET') return { action: 'patient.read', ...numbered(id), facts: versionOf(answer) };
  return { action: 'patient.changed', ...numbered(id) };
}

const service = 'personal-demographics-service';

const application = 'application-restricted';
const user = 'user-restricted';
const patient = 'patient-access';
const privileged = 'privileged-application-restricted';

/** Modes of an application without a user. */
const applicationModes = [application, privileged];

const parametersOf = ({ query }: Call): Parameters => parseParameters(query) ?? noParameters;

const isSearch = ({ verb, path }: Call): boolean => verb === 'GET' && path === '/Patient';

const isCoverage = ({ path }: Call): boolean => /^\/Coverage(\/|$)/.test(path);

const denyPatient = () => errors.patientForbidden("not the citizen's own record, or not theirs to do");

const denyCoverage = ({ verb, mode }: Call) =>
  errors.resourceForbidden('Coverage is for patient access alone', { verb, mode: mode.name });

/** Returns the patient of a call; undefined if it concerns no particular one, or if the back end refuses its form. */
function subjectOf({ path, query, verb }: Call): string | undefined {
  const [, id] = /^\/Patient\/([^/]*)/.exec(path) ?? [];
  return path === '/Coverage' && verb === 'GET' ? coverageSubject(query) : id;
}

// In the published order: PATCH, Coverage, POST, then the number of results.
const restrictions: readonly Restriction[] = [
  {
    modes: [patient],
    forbids: (call) => !isTrusted(citizenOf(call)) || citizenOf(call).nhsNumber === '',
    refuse: denyPatient,
  },
  {
    modes: applicationModes,
    forbids: ({ verb }) => verb === 'PATCH',
    refuse: ({ mode }) => errors.updateForbidden('PATCH is for people', { mode: mode.name }),
  },
  { modes: [user, ...applicationModes], forbids: isCoverage, refuse: denyCoverage },
  {
    modes: [patient, ...applicationModes],
    forbids: ({ verb, path }) => verb === 'POST' && !path.startsWith('/Coverage'),
    refuse: ({ mode }) => errors.createForbidden('POST is for healthcare workers', { mode: mode.name }),
  },
  {
    modes: applicationModes,
    forbids: (call) =>
      isSearch(call) &&
      parametersOf(call)
        .all('_max-results')
        .some((value) => value !== '1'),
    refuse: ({ mode }) => errors.severalResultsForbidden('_max-results is not 1', { mode: mode.name }),
  },
  { modes: [patient], forbids: isSearch, refuse: denyPatient },
  {
    modes: [patient],
    forbids: (call) => (subjectOf(call) ?? citizenOf(call).nhsNumber) !== citizenOf(call).nhsNumber,
    refuse: denyPatient,
  },
];

const paths: readonly AllowedPath[] = [
  { name: '/Patient/{id}/RelatedPerson', pattern: /^\/Patient\/[^/]+\/RelatedPerson$/ },
  { name: '/Patient/{id}', pattern: /^\/Patient\/.*$/ },
  { name: '/Patient', pattern: /^\/Patient$/ },
  { name: '/Coverage', pattern: /^\/Coverage$/ },
  { name: '/_poll/{id}', pattern: /^\/_poll\/.*$/ },
  { name: '/_status', pattern: /^\/_status$/ },
  { name: '/_ping', pattern: /^\/_ping$/ },
];

/** Limits an application to one result unless it sets the number itself. */
function adjustQuery(call: Call): string {
  if (!applicationModes.includes(call.mode.name) || !isSearch(call) || parametersOf(call).has('_max-results'))
    return call.query;
  return call.query === '' ? '_max-results=1' : `${call.query}&_max-results=1`;
}

/** The Personal Demographics Service FHIR API (NHSDigital/personal-demographics-service-api). */
export const makePds = ({ database, clock, faults }: Dependencies): ApiDefinition => ({
  modes: [
    { name: application, granted: anyOf(applicationScope(service)), role: null },
    {
      // An application that may update has the rights of a healthcare worker, without a role.
      name: user,
      granted: (holder) =>
        anyOf(applicationScope(service))(holder) && settingsOf(holder)['app-restricted']?.update === true,
      role: null,
    },
    {
      name: user,
      granted: anyOf(
        userScope('user-nhs-id', 'aal3', service),
        userScope('user-nhs-cis2', 'aal3', service),
        userScope('user-nhs-cis2', 'aal2', service),
        `${service}:USER-RESTRICTED`,
      ),
      role: { header: 'nhsd-session-urid' },
    },
    { name: patient, granted: anyOf(userScope('user-nhs-login', 'P9', service)), role: null },
    { name: privileged, granted: anyOf(applicationScope(`privileged-${service}`)), role: null },
  ],
  refusedScopes: ['P5', 'P0'].map((level) => ({
    scope: userScope('user-nhs-login', level, service),
    refuse: denyPatient,
  })),
  legacyMode: application,
  open: pathSet(),
  keyed: pathSet(),
  paths: pathSet(paths),
  requestId: 'optional',
  swapsIds: true,
  asid: 'sent',
  takes: ['nhsd-end-user-organisation-ods'],
  inject: {
    'nhsd-application-id': ({ application: { id } }) => id,
    'nhsd-identity-uuid': ({ token }) => token.attributes['id_token-subject'],
    'nhsd-identity-idp': ({ token }) => token.attributes['id_token-issuer'],
    'nhsd-nhslogin-user': (call) => (call.mode.name === patient ? loginUserOf(call) : undefined),
    'nhse-pds-custom-attributes': (call) => JSON.stringify(settingsOf(call)['custom-attributes']),
    'nhse-pds-privileged-access': ({ mode }) => (mode.name === privileged ? 'true' : undefined),
  },
  restrictions,
  adjustQuery,
  limits: null,
  operationLimits: [
    { name: 'Create Patient', applies: (verb, path) => verb === 'POST' && path === '/Patient', perSecond: 3 },
  ],
  answersRepeated: true,
  errors: pds,
  cors: {
    headers: [
      'origin',
      'x-requested-with',
      'accept',
      'content-type',
      'if-match',
      'nhsd-session-urid',
      'authorization',
      'x-correlation-id',
      'x-request-id',
      'nhsd-end-user-organisation-ods',
    ],
    methods: ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'],
  },
  event: { party: 'pds', name: (verb) => (verb === 'GET' ? 'pds.read' : 'pds.write') },
  audited: auditedPdsCall,
  checks: (health) => ({ 'spine:status': [checkOf(health, `${health.address}/_ping`)] }),
  backEnd: makeBackEnd(database, clock, faults),
});
