import type { Answer } from '@alongside/kernel/answer';
import type { WithBatch } from '../../oauth/request-batch.ts';
import type { Base } from '../base.ts';
import { Codes } from '../codes.ts';
import type { Incoming } from '../incoming.ts';
import { Issuer } from '../issue.ts';
import type { PlatformParts } from '../parts.ts';
import { Rotation } from '../rotation.ts';

/** A base path of the `nhs` profile, with the parts that its steps use. */
export interface NhsServer {
  readonly base: Base;
  /** All base paths of the service. */
  readonly bases: readonly Base[];
  readonly parts: PlatformParts;
  readonly codes: Codes;
  readonly issuer: Issuer;
  readonly rotation: Rotation;
}

/** The first context of every endpoint. */
export interface NhsCall extends Incoming, WithBatch {
  readonly server: NhsServer;
}

export const createNhsServer = (base: Base, bases: readonly Base[], parts: PlatformParts): NhsServer => ({
  base,
  bases,
  parts,
  codes: new Codes(base, parts.singleUse),
  issuer: new Issuer(base, parts),
  rotation: new Rotation(base, parts),
});

export type NhsEndpoint = (call: NhsCall) => Promise<Answer>;
