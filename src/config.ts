import { z } from 'zod';
import { isDatabaseSetting } from './storage/dialects.ts';

/** Everything that runs by itself, in the order in which it starts. */
export const serviceNames = [
  'cis',
  'cis2',
  'authorisation',
  'gateway',
  'identity-agent',
  'console',
  'sample',
] as const;
export type ServiceName = (typeof serviceNames)[number];

const url = z
  .string()
  .refine((value) => URL.canParse(value) && /^https?:/.test(value), 'must be an http or https address')
  .transform((value) => value.replace(/\/$/, ''));

const port = z.coerce
  .number('must be a port number')
  .int('must be a whole number')
  .min(0, 'must be 0 or more')
  .max(65_530, 'must be 65530 or less');

const list = z.union([
  z.string().transform((value) => value.split(',').filter(Boolean)),
  z.array(z.string()),
]);

const only = z.union([z.string().transform((value) => value.split(',')), z.array(z.string())]).pipe(
  z
    .array(
      z.enum(serviceNames, {
        error: (issue) => `knows no service "${String(issue.input)}"; choose from ${serviceNames.join(', ')}`,
      }),
    )
    .min(1, 'must name at least one service'),
);

/** The one schema of `up` and `serve`: each key is also a flag and an environment variable. */
export const configShape = {
  portBase: port.default(8400).describe('First of six ports in a row; 0 takes free ones'),
  data: z.string().min(1).default('.alongside').describe('Folder of the data'),
  ephemeral: z.boolean().default(false).describe('Keep nothing: data in memory and a temporary folder'),
  database: z
    .string()
    .refine(isDatabaseSetting, 'must be postgres://…, sqlite:FILE or :memory:')
    .default('')
    .describe('Where data is kept: postgres://…, or a SQLite file in the data folder'),
  only: only.default([...serviceNames]).describe('Services to start, separated by commas'),
  json: z.boolean().default(false).describe('Print one JSON line when ready'),
  state: z.string().optional().describe('File that tells other commands where this instance is'),
  host: z
    .string()
    .default('127.0.0.1')
    .describe('Address to listen on; the agent and the console stay on loopback'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('warn')
    .describe('How much is logged'),
  masterKey: z
    .string()
    .optional()
    .describe('File with the key that seals secrets; made in the data folder by default'),
  trustedProxies: list
    .default([])
    .describe('Addresses or ranges of proxies, separated by commas: believed about who their clients are'),
  tlsCertificate: z.string().optional().describe('PEM file: serve HTTPS with this certificate'),
  tlsKey: z.string().optional().describe('PEM file with the key of that certificate'),
  tlsAuthority: z.string().optional().describe('PEM file with more authorities to trust'),
  urlConsole: url.optional().describe('Public address of the console'),
  urlApi: url.optional().describe('Public address of the API platform'),
  urlCis2: url.optional().describe('Public address of CIS2'),
  urlIdentityAgent: url.optional().describe('Address of the Identity Agent as browsers reach it'),
  urlCis: url.optional().describe('Public address of CIS'),
  urlSample: url.optional().describe('Public address of the sample application'),
  urlApiMutualTls: url.optional().describe('Address of the API platform for clients with a certificate'),
  urlCis2MutualTls: url.optional().describe('Address of CIS2 for clients with a certificate'),
  generation: z.enum(['hscn', 'internet']).default('hscn').describe('Generation of the Identity Agent'),
  config: z.string().optional().describe('JSON file with these settings'),
};

export type Config = z.infer<z.ZodObject<typeof configShape>>;
