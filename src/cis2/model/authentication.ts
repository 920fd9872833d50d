import type { Cis2Registration } from '../../oauth/applications.ts';
import type { AssuranceLevel, AuthenticationStrength } from './acr.ts';

/** A completed authentication. Times in milliseconds. */
export interface Authentication {
  /** Id of the authenticator. */
  authenticator: string;
  uid: string;
  /** `amr` values. */
  methods: string[];
  /** The level, for clients of the `nhs` profile and for others. */
  level: { nhs: AssuranceLevel; others: AssuranceLevel };
  /** Time of the last act of the user, such as entering the PIN. */
  personAt: number;
  /** Time at which CIS2 received the proof. */
  provenAt: number;
  /** Whether `provenAt` meets `max_age` for clients that registered this. */
  proofCounts: boolean;
  cisSessionId: string | null;
  agentId: string | null;
  /** The stored credential that was used, if any. */
  credentialId?: string | null;
  /** The role that was selected at the agent. */
  roleId: string | null;
}

/** Returns the level and methods of a sign-in for this client. */
export const strengthFor = (
  { level, methods }: Authentication,
  registration: Cis2Registration,
): AuthenticationStrength => ({
  level: registration.profile === 'nhs' ? level.nhs : level.others,
  methods,
});
