import type { Cis2Registration } from '../../oauth/applications.ts';
import type { AssuranceLevel, AuthenticationStrength } from './acr.ts';

/** Who signed in, and how. Times in milliseconds. */
export interface Authentication {
  /** Id of the authenticator. */
  authenticator: string;
  uid: string;
  /** `amr` values. */
  methods: string[];
  /** The level, for clients of the `nhs` profile and for others. */
  level: { nhs: AssuranceLevel; others: AssuranceLevel };
  /** When the person last did something for it, such as giving the PIN. */
  personAt: number;
  /** When it was proved to us. */
  provenAt: number;
  /** Whether such a proof is fresh enough for a client whose `max_age` is met by proofs. */
  proofCounts: boolean;
  cisSessionId: string | null;
  agentId: string | null;
  /** The credential that was used, where it is one that CIS2 keeps. */
  credentialId?: string | null;
  /** The role that was chosen outside, at the agent. */
  roleId: string | null;
}

/** The level and the methods of a sign-in as they count for this client. */
export const strengthFor = (
  { level, methods }: Authentication,
  registration: Cis2Registration,
): AuthenticationStrength => ({
  level: registration.profile === 'nhs' ? level.nhs : level.others,
  methods,
});
