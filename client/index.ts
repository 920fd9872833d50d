/**
 * Signs users in with CIS2 and calls APIs that need it, from a supplier's application. The same code works against Alongside and
 * against the real services with other settings.
 */

export type { AgentEvent, AgentEvents, AgentStatus, IdentityAgentSettings } from './agent.ts';
/** The client of the Identity Agent. */
export { IdentityAgentClient } from './agent.ts';
export type { Api, ApiCallOptions, ApiRequest, ApiSettings } from './api.ts';
/** An authorised `fetch` for any API of the platform. */
export { createApi } from './api.ts';
export type { ApplicationRestricted, ApplicationRestrictedSettings } from './application-restricted.ts';
/** Access for the application itself, without a user. */
export { createApplicationRestricted } from './application-restricted.ts';
export type { Assurance } from './assurance.ts';
export type { Browser, OpenBrowser, SystemBrowserSettings } from './browser/browser.ts';
/** Shows the address for the user to open; opens the user's own browser. */
export { manualBrowser, systemBrowser } from './browser/browser.ts';
export type { ChromiumSettings, PanelSettings } from './browser/chromium.ts';
/** A window that imitates an embedded browser panel. */
/** A separate browser with its own profile, closed after the sign-in. */
export { findBrowser, panelBrowser, separateBrowser } from './browser/chromium.ts';
export type { CallbackInput } from './callback.ts';
export type { Cis2, Cis2Settings, Cis2SignIn, Cis2SignInOptions } from './cis2.ts';
/** Sign-in at CIS2: the first half of the separate pattern. */
export { createCis2 } from './cis2.ts';
export type { ClientAuthentication } from './client-authentication.ts';
export type { Clock } from './clock.ts';
export { systemClock } from './clock.ts';
export type { Begun, Combined, CombinedSettings } from './combined.ts';
/** The combined pattern. */
export { createCombined } from './combined.ts';
export type { PlatformEndpoints, ProviderEndpoints } from './config.ts';
/** Addresses from a base or an issuer. */
export { cis2At, platformAt } from './config.ts';
/** The default address of this user's Identity Agent. */
export { defaultAgentSocket } from './environment.ts';
export type { Environment } from './environments.ts';
/** The public environments. */
export { ENVIRONMENTS } from './environments.ts';
export type { ClientErrorCode, ErrorFacts, OAuthErrorDetails, TokenFault } from './errors.ts';
/** The errors of the library. */
export { ClientError, OAuthError, TokenError } from './errors.ts';
export type { Exchange, ExchangeSettings, Separate, SeparateSettings } from './exchange.ts';
/** Exchanges ID tokens: the second half of the separate pattern; and the whole pattern. */
export { createExchange, createSeparate } from './exchange.ts';
export type { Fapi2, Fapi2Settings } from './fapi2.ts';
/** Pushed requests and bound tokens: the FAPI 2.0 security profile. */
export { createFapi2 } from './fapi2.ts';
export type { FhirFailure } from './fhir.ts';
/** FHIR errors, and the display name of a patient. */
export { displayName, FhirError } from './fhir.ts';
export type {
  Address,
  Bundle,
  CodeableConcept,
  ContactPoint,
  Coverage,
  Extension,
  HumanName,
  Identifier,
  OperationOutcome,
  Patient,
  Period,
  Reference,
  RelatedPerson,
} from './fhir-resources.ts';
export type { AccessTokens, FreshTokens, KeepFreshOptions } from './fresh.ts';
/** Refreshes tokens shortly before they expire. */
export { keepFresh } from './fresh.ts';
export type { HelloWorldSettings } from './hello-world.ts';
/** Tries a token with the Hello World API. */
export { helloWorld } from './hello-world.ts';
export type { Abortable, Fetch } from './http.ts';
/** A `fetch` whose requests continue a trace. */
export { traced } from './http.ts';
export type { IdTokenClaims } from './id-token.ts';
export type { KeptTokensSettings, SecretStore, StoreCommands } from './kept-tokens.ts';
/** Keeps the tokens of a desktop application between its starts. */
export { commandStore, keptTokens } from './kept-tokens.ts';
export type { DpopKey, LocalKey, RemoteKey, SigningAlgorithm, SigningKey } from './keys.ts';
/** The public part of signing keys, to register or serve. */
export { publicKeySet } from './keys.ts';
export type {
  LogoutAnswer,
  LogoutNotice,
  LogoutReceiver,
  LogoutReceiverSettings,
  LogoutRequest,
  ReplayStore,
} from './logout.ts';
/** Receives back-channel logout. */
/** The address that ends a session at the provider. */
export { createLogoutReceiver, logoutUrl, memoryReplayStore } from './logout.ts';
export type { LoopbackPaths } from './loopback.ts';
export type { ServerMetadata } from './metadata.ts';
export type { Native, NativeCis2Options, NativeSettings, NativeSignInOptions } from './native.ts';
/** Sign-in of a native application without a secret (public client). */
export { createNative, signInAtCis2, signInNative } from './native.ts';
export type {
  BackendCalls,
  BackendOutcome,
  BackendSettings,
  DesktopRequest,
  OnceStore,
} from './native-backend.ts';
/** Sign-in of a native application with a back end that has the secret. */
export {
  finishBackendFlow,
  redeemBackendTicket,
  signInThroughBackend,
  startBackendFlow,
} from './native-backend.ts';
/** Validates and formats NHS numbers. */
export { formatNhsNumber, parseNhsNumber } from './nhs-number.ts';
export type {
  CallIds,
  CreatedPatient,
  PatientCoverage,
  PatientMatches,
  PatientPatch,
  PatientRecord,
  PatientSearch,
  Pds,
  PdsCallOptions,
  PdsSettings,
} from './pds.ts';
/** Reads and changes patients at PDS. */
export { createPds } from './pds.ts';
export type { RetryLimits } from './retry.ts';
export type { Role } from './roles.ts';
/** The roles in a userinfo response. */
export { rolesOf, selectedRole } from './roles.ts';
export type { SessionLimits, SessionTimes } from './session-limits.ts';
/** Limits of the application's own session. */
export { CARE_IDENTITY_LIMITS, sessionState } from './session-limits.ts';
export type { SignInWindowOptions } from './sign-in-window.ts';
export type {
  SignedPayloads,
  Signing,
  SigningPayload,
  SigningRequest,
  SigningSettings,
  StartedSigning,
} from './signing.ts';
/** Signs documents in the name of a user: the Digital Signature Service. */
export { createSigning } from './signing.ts';
export type { TicketErrorEntry, TicketErrorGroup } from './ticket-errors.ts';
/** The errors of the Identity Agent with their numbers. */
export { AgentError, TICKET_ERRORS } from './ticket-errors.ts';
export type { TokenSetFields } from './tokens.ts';
/** Tokens with their lifetime. */
export { TokenSet } from './tokens.ts';
export type { Userinfo } from './userinfo.ts';
export type { PrescriptionSignature } from './xml-signature.ts';
/** Wraps a signature for a prescription, as an XML signature. */
export { wrapSignature } from './xml-signature.ts';
