// Generated from the OpenAPI document of the console. Do not edit: run node scripts/run.mjs scripts/docs.ts
export interface paths {
<<<<<<< HEAD
    "/agent": { /** Returns the state of the local Identity Agent: card, person, role and open prompt */ get: operations["getAgent"]; };
    "/agent/pin": { /** Enters the PIN */ post: operations["postAgentPin"]; };
    "/agent/role": { /** Selects the role */ post: operations["postAgentRole"]; };
    "/agent/session": { /** Signs out; the card stays in the reader */ delete: operations["deleteAgentSession"]; };
    "/readers/0": { /** Returns the card in the reader */ get: operations["getReaders0"]; };
    "/readers/0/card": { /** Inserts a card, in place of another one */ put: operations["putReaders0Card"]; /** Removes the card */ delete: operations["deleteReaders0Card"]; };
    "/cards": { /** Returns the virtual cards of the local agent */ get: operations["getCards"]; /** Creates a card for a person; its keys are generated when it is first inserted */ post: operations["postCards"]; };
    "/cards/{serial}": { /** Destroys a card and removes it from the reader */ delete: operations["deleteCardsSerial"]; /** Changes the PIN of a card, blocks it or restores its attempts */ patch: operations["patchCardsSerial"]; };
    "/state": { /** Returns version, addresses, clock and database of the installation */ get: operations["getState"]; };
    "/people": { /** Lists people by uid; with q, organisation or role, finds at most 50 by name; if these are empty, the 20 changed last */ get: operations["getPeople"]; /** Adds a person */ post: operations["postPeople"]; };
    "/people/{uid}": { /** Returns a person */ get: operations["getPeopleUid"]; /** Removes a person */ delete: operations["deletePeopleUid"]; /** Changes a person with a JSON merge patch (RFC 7396) */ patch: operations["patchPeopleUid"]; };
    "/organisations": { /** Lists organisations of the directory; with q, at most 50 with this text in their name */ get: operations["getOrganisations"]; };
    "/job-roles": { /** Finds job roles that people here have, and published ones: at most 50 with this text in their name */ get: operations["getJobRoles"]; };
    "/people/{uid}/userinfo": { /** Returns a person as a userinfo document with all scopes */ get: operations["getPeopleUidUserinfo"]; /** Sets a person from a userinfo document; adds an unknown one */ put: operations["putPeopleUidUserinfo"]; };
    "/people/{uid}/authenticators": { /** Lists a person’s authenticators other than smartcards; with the seeded secrets in development */ get: operations["getPeopleUidAuthenticators"]; /** Imports an authenticator with its secret, for tests; development only */ post: operations["postPeopleUidAuthenticators"]; };
    "/people/{uid}/authenticators/{id}": { /** Removes an authenticator */ delete: operations["deletePeopleUidAuthenticatorsId"]; };
    "/people/{uid}/enrolments": { /** Creates a link with which a person enrols an authenticator: once, within 15 minutes */ post: operations["postPeopleUidEnrolments"]; };
    "/directory/export": { /** Exports people, organisations and activities as JSON or CSV */ get: operations["getDirectoryExport"]; };
    "/directory/import": { /** Adds and changes people from an exported document, all or none */ post: operations["postDirectoryImport"]; };
    "/directory/activities/{person}": { /** Lists the activities of each role of a person, including implied ones */ get: operations["getDirectoryActivitiesPerson"]; };
    "/registration-authority/cards": { /** Lists cards by serial; with q, organisation or role, finds at most 50 by holder; if these are empty, the 20 changed last */ get: operations["getRegistrationAuthorityCards"]; /** Orders a card for a person */ post: operations["postRegistrationAuthorityCards"]; };
    "/registration-authority/cards/{serial}": { /** Returns a card */ get: operations["getRegistrationAuthorityCardsSerial"]; };
    "/registration-authority/cards/{serial}/revoke": { /** Revokes the certificates of a card and ends its sessions */ post: operations["postRegistrationAuthorityCardsSerialRevoke"]; };
    "/registration-authority/cards/{serial}/replace": { /** Revokes a card and orders a replacement */ post: operations["postRegistrationAuthorityCardsSerialReplace"]; };
    "/registration-authority/cards/{serial}/renew": { /** Allows new keys for a card, also before its last days */ post: operations["postRegistrationAuthorityCardsSerialRenew"]; };
    "/registration-authority/cards/{serial}/unblock": { /** Returns the code that unblocks the PIN of a card */ post: operations["postRegistrationAuthorityCardsSerialUnblock"]; };
    "/sessions": { /** Lists live sign-in sessions at CIS2, newest first, of all people or of one */ get: operations["getSessions"]; };
    "/sessions/{sid}": { /** Ends a session, notifies its relying parties and revokes its tokens */ delete: operations["deleteSessionsSid"]; };
    "/logout-deliveries": { /** Lists back-channel logout messages of the last seven days, newest first */ get: operations["getLogoutDeliveries"]; };
    "/logout-deliveries/{id}/send": { /** Sends a back-channel logout message again, with a new logout token */ post: operations["postLogoutDeliveriesIdSend"]; };
    "/events": { /** Lists events, oldest first, at most 1,000; with Accept: text/event-stream sends new ones too, after Last-Event-ID */ get: operations["getEvents"]; };
    "/journeys": { /** Lists journeys, newest first, 50 at a time */ get: operations["getJourneys"]; };
    "/journeys/{id}": { /** Shows a journey with its messages in order */ get: operations["getJourneysId"]; };
    "/messages/{id}": { /** Shows one message, with secrets cut */ get: operations["getMessagesId"]; };
    "/changes": { /** Sends the names of what has changed, as server-sent events: journey, desk, session, fault, clock, mail, application, person, card, key, audit, data */ get: operations["getChanges"]; };
    "/journeys/{id}/export": { /** Returns a journey as a picture, a Mermaid diagram, an HTTP archive or a bug report */ get: operations["getJourneysIdExport"]; };
    "/messages/{id}/curl": { /** Returns the request of a message as a curl command, with shell variables instead of secrets */ get: operations["getMessagesIdCurl"]; };
    "/refusals/{id}": { /** Explains a refused request: expected and received value, fix, and who must act */ get: operations["getRefusalsId"]; };
    "/applications": { /** Lists applications; the seeded ones with their development secrets */ get: operations["getApplications"]; /** Registers an application; secrets are shown only once */ post: operations["postApplications"]; };
    "/applications/{id}": { /** Returns an application without its secrets */ get: operations["getApplicationsId"]; /** Removes an application */ delete: operations["deleteApplicationsId"]; /** Changes an application with a JSON merge patch (RFC 7396) */ patch: operations["patchApplicationsId"]; };
    "/applications/{id}/approve": { /** Approves a revoked application */ post: operations["postApplicationsIdApprove"]; };
    "/applications/{id}/revoke": { /** Revokes an application: all its requests are refused */ post: operations["postApplicationsIdRevoke"]; };
    "/apis": { /** Lists the APIs behind the gateway */ get: operations["getApis"]; /** Adds an API by its OpenAPI definition, with a product for each of its grants */ post: operations["postApis"]; };
    "/apis/check": { /** Reads a definition without adding it */ post: operations["postApisCheck"]; };
    "/apis/{name}": { /** Returns an API that was added */ get: operations["getApisName"]; /** Removes an API with its products */ delete: operations["deleteApisName"]; /** Changes the files or options of an API, and its products with it; null removes an option */ patch: operations["patchApisName"]; };
    "/apis/{name}/source": { /** Returns the files of an API, its options and its recorded responses */ get: operations["getApisNameSource"]; };
    "/api-secrets/{name}": { /** Stores a secret that the target of an API names: an API key, or a client certificate with its key as PEM */ put: operations["putApiSecretsName"]; /** Removes a secret of targets */ delete: operations["deleteApiSecretsName"]; };
    "/applications/{id}/keys": { /** Lists the registered public keys of an application */ get: operations["getApplicationsIdKeys"]; /** Registers an additional public key */ post: operations["postApplicationsIdKeys"]; };
    "/applications/{id}/keys/{half}/{kid}": { /** Removes a public key; assertions that it signed are refused */ delete: operations["deleteApplicationsIdKeysHalfKid"]; };
    "/applications/{id}/secrets": { /** Generates an additional secret, shown only once; the others stay valid until they expire */ post: operations["postApplicationsIdSecrets"]; };
    "/resource-servers": { /** Lists the applications that may introspect tokens, with their resources */ get: operations["getResourceServers"]; };
    "/resource-servers/{application}": { /** Allows an application to introspect tokens */ put: operations["putResourceServersApplication"]; /** No longer allows an application to introspect tokens */ delete: operations["deleteResourceServersApplication"]; };
    "/products": { /** Lists products */ get: operations["getProducts"]; /** Creates a product */ post: operations["postProducts"]; };
    "/products/{name}": { /** Returns a product */ get: operations["getProductsName"]; /** Removes a product and what it grants to applications */ delete: operations["deleteProductsName"]; /** Changes a product with a JSON merge patch (RFC 7396); "limits": null lifts the limits */ patch: operations["patchProductsName"]; };
    "/developers": { /** Lists developers */ get: operations["getDevelopers"]; /** Adds a developer or a company */ post: operations["postDevelopers"]; };
    "/developers/{id}": { /** Returns a developer */ get: operations["getDevelopersId"]; /** Removes a developer; its applications remain without one */ delete: operations["deleteDevelopersId"]; /** Changes a developer with a JSON merge patch (RFC 7396); applications of an inactive one are refused */ patch: operations["patchDevelopersId"]; };
    "/registration-tokens": { /** Creates a token with which a supplier registers clients at CIS2, shown only once */ post: operations["postRegistrationTokens"]; };
    "/tokens/inspect": { /** Returns the attributes of an access token of the platform */ post: operations["postTokensInspect"]; };
    "/tokens": { /** Issues tokens as a sign-in of this person or citizen would, or those of the application itself, to test an API alone; development only */ post: operations["postTokens"]; };
    "/validate": { /** Checks an assertion, authorization URL or token request without using anything up */ post: operations["postValidate"]; };
    "/explain": { /** Explains a pasted text with every check that a service would make, without using anything up */ post: operations["postExplain"]; };
    "/keys/check": { /** Describes a public key or a key set before its registration, and stores nothing */ post: operations["postKeysCheck"]; };
    "/requests/preview": { /** Makes the exact request of a pattern for an application, with the rule and source of each field, and sends nothing */ post: operations["postRequestsPreview"]; };
    "/requests/run": { /** Sends a request to the API platform or CIS2 of this installation, as an application would, and follows no redirect */ post: operations["postRequestsRun"]; };
    "/keys": { /** Lists signing keys and their states */ get: operations["getKeys"]; };
    "/keys/proofs": { /** Signs once with each signing key, to verify the published key sets */ get: operations["getKeysProofs"]; };
    "/keys/{service}/rotate": { /** Creates successors of the keys, announced first or used at once */ post: operations["postKeysServiceRotate"]; };
    "/audit": { /** Lists audit records, at most 1,000; the next page is after the last number */ get: operations["getAudit"]; };
    "/audit/extent": { /** Returns how many audit records there are, and how long they are kept */ get: operations["getAuditExtent"]; };
    "/audit/verify": { /** Verifies the audit log, or a period of it; with Accept: text/event-stream sends events "progress" and then "result" */ get: operations["getAuditVerify"]; };
    "/audit/export": { /** Exports audit records, oldest first, one JSON value a line */ get: operations["getAuditExport"]; };
    "/audit/subjects": { /** Returns the value with which records about a patient are found */ post: operations["postAuditSubjects"]; };
    "/audit/{seq}": { /** Returns one audit record and its journey */ get: operations["getAuditSeq"]; };
    "/audit/{seq}/subject": { /** Decrypts the NHS number of a record, and records that */ post: operations["postAuditSeqSubject"]; };
    "/administrators": { /** Lists administrators of the console with their roles */ get: operations["getAdministrators"]; };
    "/administrators/invitations": { /** Creates a link with which a person sets up a passkey and joins in a role: once, within an hour */ post: operations["postAdministratorsInvitations"]; };
    "/administrators/{id}/role": { /** Changes the role of an administrator from the next request on */ put: operations["putAdministratorsIdRole"]; };
    "/administrators/{id}": { /** Removes an administrator with passkeys and sessions */ delete: operations["deleteAdministratorsId"]; };
    "/export": { /** Exports products, applications, people, APIs, patients and cards; contains hashes of secrets and keys of cards, so keep it secret */ get: operations["getExport"]; };
    "/import": { /** Replaces the state with an export; removes everything that the export lacks */ post: operations["postImport"]; };
    "/realms/{realm}/keys": { /** Lists the public keys that testers added to a mock realm */ get: operations["getRealmsRealmKeys"]; /** Adds a public key, with its kid, to a mock realm */ post: operations["postRealmsRealmKeys"]; };
    "/realms/{realm}/keys/{kid}": { /** Removes a key */ delete: operations["deleteRealmsRealmKeysKid"]; };
    "/citizens": { /** Lists the citizens that testers added to the realms NHS-Login-mock-* */ get: operations["getCitizens"]; /** Adds a citizen, or replaces the one with the same NHS number */ post: operations["postCitizens"]; };
    "/citizens/{nhsNumber}": { /** Removes an added citizen */ delete: operations["deleteCitizensNhsNumber"]; };
    "/patients": { /** Adds a patient to the PDS; development only */ post: operations["postPatients"]; };
    "/patients/generate": { /** Adds the next part of a population to the PDS, always the same: repeat it with `nextHousehold` for more; development only */ post: operations["postPatientsGenerate"]; };
    "/patients/{nhsNumber}": { /** Returns the whole record of a patient in the PDS, whatever its confidentiality; development only */ get: operations["getPatientsNhsNumber"]; };
    "/clock": { /** Returns the clock of all services */ get: operations["getClock"]; /** Moves the clock of all services by seconds or to a time; stops it or lets it run again */ put: operations["putClock"]; /** Returns to real time */ delete: operations["deleteClock"]; };
    "/clock/effects": { /** Counts what a move of the clock would end, without moving it */ get: operations["getClockEffects"]; };
    "/faults": { /** Lists all faults, with the state of those that are on */ get: operations["getFaults"]; };
    "/faults/{name}": { /** Switches a fault on; one of the PDS for a run of tests as `pds-slow@RUN`: the calls whose X-Correlation-ID begins with RUN */ put: operations["putFaultsName"]; /** Switches a fault off */ delete: operations["deleteFaultsName"]; };
    "/mail": { /** Lists the mail of CIS, newest first; development only */ get: operations["getMail"]; };
    "/mail/{id}": { /** Returns one mail of CIS; development only */ get: operations["getMailId"]; };
    "/reset": { /** Restores the seed data and real time, and switches off all faults */ post: operations["postReset"]; };
    "/openapi.json": { /** Returns this API as an OpenAPI document */ get: operations["getOpenapiJson"]; };
=======
    "/agent": {
        /** Returns the state of the local Identity Agent: card, person, role and open prompt */
        get: operations["getAgent"];
    };
    "/agent/pin": {
        /** Enters the PIN */
        post: operations["postAgentPin"];
    };
    "/agent/role": {
        /** Selects the role */
        post: operations["postAgentRole"];
    };
    "/agent/session": {
        /** Signs out; the card stays in the reader */
        delete: operations["deleteAgentSession"];
    };
    "/readers/0": {
        /** Returns the card in the reader */
        get: operations["getReaders0"];
    };
    "/readers/0/card": {
        /** Inserts a card, in place of another one */
        put: operations["putReaders0Card"];
        /** Removes the card */
        delete: operations["deleteReaders0Card"];
    };
    "/cards": {
        /** Returns the virtual cards of the local agent */
        get: operations["getCards"];
        /** Creates a card for a person; its keys are generated when it is first inserted */
        post: operations["postCards"];
    };
    "/cards/{serial}": {
        /** Destroys a card and removes it from the reader */
        delete: operations["deleteCardsSerial"];
        /** Changes the PIN of a card, blocks it or restores its attempts */
        patch: operations["patchCardsSerial"];
    };
    "/state": {
        /** Returns version, addresses, clock and database of the installation */
        get: operations["getState"];
    };
    "/people": {
        /** Lists people by uid; with q, organisation or role, finds at most 50 by name; if these are empty, the 20 changed last */
        get: operations["getPeople"];
        /** Adds a person */
        post: operations["postPeople"];
    };
    "/people/{uid}": {
        /** Returns a person */
        get: operations["getPeopleUid"];
        /** Removes a person */
        delete: operations["deletePeopleUid"];
        /** Changes a person with a JSON merge patch (RFC 7396) */
        patch: operations["patchPeopleUid"];
    };
    "/organisations": {
        /** Lists organisations of the directory; with q, at most 50 with this text in their name */
        get: operations["getOrganisations"];
    };
    "/job-roles": {
        /** Finds job roles that people here have, and published ones: at most 50 with this text in their name */
        get: operations["getJobRoles"];
    };
    "/people/{uid}/userinfo": {
        /** Returns a person as a userinfo document with all scopes */
        get: operations["getPeopleUidUserinfo"];
        /** Sets a person from a userinfo document; adds an unknown one */
        put: operations["putPeopleUidUserinfo"];
    };
    "/people/{uid}/authenticators": {
        /** Lists a person’s authenticators other than smartcards; with the seeded secrets in development */
        get: operations["getPeopleUidAuthenticators"];
        /** Imports an authenticator with its secret, for tests; development only */
        post: operations["postPeopleUidAuthenticators"];
    };
    "/people/{uid}/authenticators/{id}": {
        /** Removes an authenticator */
        delete: operations["deletePeopleUidAuthenticatorsId"];
    };
    "/people/{uid}/enrolments": {
        /** Creates a link with which a person enrols an authenticator: once, within 15 minutes */
        post: operations["postPeopleUidEnrolments"];
    };
    "/directory/export": {
        /** Exports people, organisations and activities as JSON or CSV */
        get: operations["getDirectoryExport"];
    };
    "/directory/import": {
        /** Adds and changes people from an exported document, all or none */
        post: operations["postDirectoryImport"];
    };
    "/directory/activities/{person}": {
        /** Lists the activities of each role of a person, including implied ones */
        get: operations["getDirectoryActivitiesPerson"];
    };
    "/registration-authority/cards": {
        /** Lists cards by serial; with q, organisation or role, finds at most 50 by holder; if these are empty, the 20 changed last */
        get: operations["getRegistrationAuthorityCards"];
        /** Orders a card for a person */
        post: operations["postRegistrationAuthorityCards"];
    };
    "/registration-authority/cards/{serial}": {
        /** Returns a card */
        get: operations["getRegistrationAuthorityCardsSerial"];
    };
    "/registration-authority/cards/{serial}/revoke": {
        /** Revokes the certificates of a card and ends its sessions */
        post: operations["postRegistrationAuthorityCardsSerialRevoke"];
    };
    "/registration-authority/cards/{serial}/replace": {
        /** Revokes a card and orders a replacement */
        post: operations["postRegistrationAuthorityCardsSerialReplace"];
    };
    "/registration-authority/cards/{serial}/renew": {
        /** Allows new keys for a card, also before its last days */
        post: operations["postRegistrationAuthorityCardsSerialRenew"];
    };
    "/registration-authority/cards/{serial}/unblock": {
        /** Returns the code that unblocks the PIN of a card */
        post: operations["postRegistrationAuthorityCardsSerialUnblock"];
    };
    "/sessions": {
        /** Lists live sign-in sessions at CIS2, newest first, of all people or of one */
        get: operations["getSessions"];
    };
    "/sessions/{sid}": {
        /** Ends a session, notifies its relying parties and revokes its tokens */
        delete: operations["deleteSessionsSid"];
    };
    "/logout-deliveries": {
        /** Lists back-channel logout messages of the last seven days, newest first */
        get: operations["getLogoutDeliveries"];
    };
    "/logout-deliveries/{id}/send": {
        /** Sends a back-channel logout message again, with a new logout token */
        post: operations["postLogoutDeliveriesIdSend"];
    };
    "/events": {
        /** Lists events, oldest first, at most 1,000; with Accept: text/event-stream sends new ones too, after Last-Event-ID */
        get: operations["getEvents"];
    };
    "/changes": {
        /** Sends the names of what has changed, as server-sent events: journey, desk, session, fault, clock, mail, application, person, card, key, audit, data */
        get: operations["getChanges"];
    };
    "/journeys/{id}/export": {
        /** Returns a journey as a picture, a Mermaid diagram, an HTTP archive or a bug report */
        get: operations["getJourneysIdExport"];
    };
    "/messages/{id}/curl": {
        /** Returns the request of a message as a curl command, with shell variables instead of secrets */
        get: operations["getMessagesIdCurl"];
    };
    "/refusals/{id}": {
        /** Explains a refused request: expected and received value, fix, and who must act */
        get: operations["getRefusalsId"];
    };
    "/applications": {
        /** Lists applications; the seeded ones with their development secrets */
        get: operations["getApplications"];
        /** Registers an application; secrets are shown only once */
        post: operations["postApplications"];
    };
    "/applications/check": {
        /** Checks a registration, with its keys, without storing anything */
        post: operations["postApplicationsCheck"];
    };
    "/applications/{id}": {
        /** Returns an application without its secrets */
        get: operations["getApplicationsId"];
        /** Removes an application */
        delete: operations["deleteApplicationsId"];
        /** Changes an application with a JSON merge patch (RFC 7396) */
        patch: operations["patchApplicationsId"];
    };
    "/applications/{id}/approve": {
        /** Approves a revoked application */
        post: operations["postApplicationsIdApprove"];
    };
    "/applications/{id}/revoke": {
        /** Revokes an application: all its requests are refused */
        post: operations["postApplicationsIdRevoke"];
    };
    "/apis": {
        /** Lists the APIs behind the gateway */
        get: operations["getApis"];
        /** Adds an API by its OpenAPI definition, with a product for each of its grants */
        post: operations["postApis"];
    };
    "/apis/check": {
        /** Reads a definition without adding it */
        post: operations["postApisCheck"];
    };
    "/apis/{name}": {
        /** Returns an API that was added */
        get: operations["getApisName"];
        /** Removes an API with its products */
        delete: operations["deleteApisName"];
        /** Changes the files or options of an API, and its products with it; null removes an option */
        patch: operations["patchApisName"];
    };
    "/apis/{name}/source": {
        /** Returns the files of an API, its options and its recorded responses */
        get: operations["getApisNameSource"];
    };
    "/api-secrets/{name}": {
        /** Stores a secret that the target of an API names: an API key, or a client certificate with its key as PEM */
        put: operations["putApiSecretsName"];
        /** Removes a secret of targets */
        delete: operations["deleteApiSecretsName"];
    };
    "/applications/{id}/keys": {
        /** Lists the registered public keys of an application */
        get: operations["getApplicationsIdKeys"];
        /** Registers an additional public key */
        post: operations["postApplicationsIdKeys"];
    };
    "/applications/{id}/keys/{half}/{kid}": {
        /** Removes a public key; assertions that it signed are refused */
        delete: operations["deleteApplicationsIdKeysHalfKid"];
    };
    "/applications/{id}/secrets": {
        /** Generates an additional secret, shown only once; the others stay valid until they expire */
        post: operations["postApplicationsIdSecrets"];
    };
    "/resource-servers": {
        /** Lists the applications that may introspect tokens, with their resources */
        get: operations["getResourceServers"];
    };
    "/resource-servers/{application}": {
        /** Allows an application to introspect tokens */
        put: operations["putResourceServersApplication"];
        /** No longer allows an application to introspect tokens */
        delete: operations["deleteResourceServersApplication"];
    };
    "/products": {
        /** Lists products */
        get: operations["getProducts"];
        /** Creates a product */
        post: operations["postProducts"];
    };
    "/products/{name}": {
        /** Returns a product */
        get: operations["getProductsName"];
        /** Removes a product and what it grants to applications */
        delete: operations["deleteProductsName"];
        /** Changes a product with a JSON merge patch (RFC 7396); "limits": null lifts the limits */
        patch: operations["patchProductsName"];
    };
    "/developers": {
        /** Lists developers */
        get: operations["getDevelopers"];
        /** Adds a developer or a company */
        post: operations["postDevelopers"];
    };
    "/developers/{id}": {
        /** Returns a developer */
        get: operations["getDevelopersId"];
        /** Removes a developer; its applications remain without one */
        delete: operations["deleteDevelopersId"];
        /** Changes a developer with a JSON merge patch (RFC 7396); applications of an inactive one are refused */
        patch: operations["patchDevelopersId"];
    };
    "/registration-tokens": {
        /** Creates a token with which a supplier registers clients at CIS2, shown only once */
        post: operations["postRegistrationTokens"];
    };
    "/tokens/inspect": {
        /** Returns the attributes of an access token of the platform */
        post: operations["postTokensInspect"];
    };
    "/tokens": {
        /** Issues tokens as a sign-in of this person or citizen would, or those of the application itself, to test an API alone; development only */
        post: operations["postTokens"];
    };
    "/validate": {
        /** Checks an assertion, authorization URL or token request without using anything up */
        post: operations["postValidate"];
    };
    "/explain": {
        /** Explains a pasted text with every check that a service would make, without using anything up */
        post: operations["postExplain"];
    };
    "/keys/check": {
        /** Describes a public key or a key set before its registration, and stores nothing */
        post: operations["postKeysCheck"];
    };
    "/keys": {
        /** Lists signing keys and their states */
        get: operations["getKeys"];
    };
    "/keys/proofs": {
        /** Signs once with each signing key, to verify the published key sets */
        get: operations["getKeysProofs"];
    };
    "/keys/{service}/rotate": {
        /** Creates successors of the keys, announced first or used at once */
        post: operations["postKeysServiceRotate"];
    };
    "/audit": {
        /** Lists audit records, at most 1,000; the next page is after the last number */
        get: operations["getAudit"];
    };
    "/audit/extent": {
        /** Returns how many audit records there are, and how long they are kept */
        get: operations["getAuditExtent"];
    };
    "/audit/verify": {
        /** Verifies the audit log, or a period of it; with Accept: text/event-stream sends events "progress" and then "result" */
        get: operations["getAuditVerify"];
    };
    "/audit/export": {
        /** Exports audit records, oldest first, one JSON value a line */
        get: operations["getAuditExport"];
    };
    "/audit/subjects": {
        /** Returns the value with which records about a patient are found */
        post: operations["postAuditSubjects"];
    };
    "/audit/{seq}": {
        /** Returns one audit record and its journey */
        get: operations["getAuditSeq"];
    };
    "/audit/{seq}/subject": {
        /** Decrypts the NHS number of a record, and records that */
        post: operations["postAuditSeqSubject"];
    };
    "/export": {
        /** Exports products, applications, people, APIs, patients and cards; contains hashes of secrets and keys of cards, so keep it secret */
        get: operations["getExport"];
    };
    "/import": {
        /** Replaces the state with an export; removes everything that the export lacks */
        post: operations["postImport"];
    };
    "/realms/{realm}/keys": {
        /** Lists the public keys that testers added to a mock realm */
        get: operations["getRealmsRealmKeys"];
        /** Adds a public key, with its kid, to a mock realm */
        post: operations["postRealmsRealmKeys"];
    };
    "/realms/{realm}/keys/{kid}": {
        /** Removes a key */
        delete: operations["deleteRealmsRealmKeysKid"];
    };
    "/citizens": {
        /** Lists the citizens that testers added to the realms NHS-Login-mock-* */
        get: operations["getCitizens"];
        /** Adds a citizen, or replaces the one with the same NHS number */
        post: operations["postCitizens"];
    };
    "/citizens/{nhsNumber}": {
        /** Removes an added citizen */
        delete: operations["deleteCitizensNhsNumber"];
    };
    "/patients": {
        /** Adds a patient to the PDS; development only */
        post: operations["postPatients"];
    };
    "/patients/generate": {
        /** Adds the next part of a population to the PDS, always the same: repeat it with `nextHousehold` for more; development only */
        post: operations["postPatientsGenerate"];
    };
    "/patients/{nhsNumber}": {
        /** Returns the whole record of a patient in the PDS, whatever its confidentiality; development only */
        get: operations["getPatientsNhsNumber"];
    };
    "/clock": {
        /** Returns the clock of all services */
        get: operations["getClock"];
        /** Moves the clock of all services by seconds or to a time; stops it or lets it run again */
        put: operations["putClock"];
        /** Returns to real time */
        delete: operations["deleteClock"];
    };
    "/clock/effects": {
        /** Counts what a move of the clock would end, without moving it */
        get: operations["getClockEffects"];
    };
    "/faults": {
        /** Lists all faults, with the state of those that are on */
        get: operations["getFaults"];
    };
    "/faults/{name}": {
        /** Switches a fault on; one of the PDS for a run of tests as `pds-slow@RUN`: the calls whose X-Correlation-ID begins with RUN */
        put: operations["putFaultsName"];
        /** Switches a fault off */
        delete: operations["deleteFaultsName"];
    };
    "/mail": {
        /** Lists the mail of CIS, newest first; development only */
        get: operations["getMail"];
    };
    "/mail/{id}": {
        /** Returns one mail of CIS; development only */
        get: operations["getMailId"];
    };
    "/reset": {
        /** Restores the seed data and real time, and switches off all faults */
        post: operations["postReset"];
    };
    "/openapi.json": {
        /** Returns this API as an OpenAPI document */
        get: operations["getOpenapiJson"];
    };
>>>>>>> 35ec7e29 (docs: regenerate references)
}
export interface components {
    schemas: {
        Error: { /** @description A stable code */ error: string; /** @description The error as a sentence */ error_description?: string; /** @description The invalid member */ field?: string; /** @description The rule that the member breaks */ problem?: string; };
        AgentStatus: { version: string; state: "noCard" | "pinRequested" | "roleRequested" | "signedIn" | "locked" | "blocked" | "cardRejected"; mode: string; generation: string; agentId: string; card: { serial: string; persona: string | null; name: string; certificateEnds: string | null; renewalDue: boolean; } | null; person: { uid: string; displayName: string; } | null; role: { roleId: string; roleName: string; orgCode: string; } | null; roles: { roleId: string; roleName: string; roleCode: string; orgCode: string; orgName: string; }[]; attemptsLeft: number | null; question: ("pin" | "role") | null; lock: { reason: "card" | "screen" | "time"; endsAt: string; } | null; pinAgainAt: string | null; reason: string | null; problem: ("card_blocked" | "card_rejected" | "no_role") | null; refusal: string | null; };
        VirtualCard: { serial: string; persona: string | null; uid: string; name: string; series: string; keyType: string; profile: string; pinTriesLeft: number; pukTriesLeft: number; locked: boolean; inserted: boolean; };
        InstallationState: { version: string; urls: { console: string; api: string; cis2Issuer: string; identityAgent: string; cis: string; sample: string; }; agentSocket: string | null; clock: { now: string; offsetSeconds: number; frozen: boolean; }; database: string; };
        Person: { uid: string; persona: string | null; title: string; givenName: string; middleNames: string; familyName: string; initials: string; displayName: string; email: string; idAssuranceLevel: string; authenticators: string[]; organisations: { personOrgId: string; orgCode: string; orgName: string; member: boolean; gnc?: string; }[]; roles: { roleId: string; personOrgId: string; roleCode: string; roleName: string; orgId?: string; orgCode: string; orgName: string; activities: { name: string; code: string; }[]; workgroups: { name: string; code: string; }[]; areasOfWork: { name: string; code: string; }[]; }[]; professionalIds: { [key: string]: string; }; disabled: boolean; otherClaims?: { [key: string]: unknown; }; };
        Authenticator: { id: string; kind: string; label: string; level: number; createdAt: string; usedAt: string | null; /** @description The data to sign in with it; development only */ development?: { [key: string]: unknown; }; };
        ListedCard: { serial: string; uid: string; state: "ordered" | "active" | "expired" | "revoked" | "replaced"; pin: "open" | "blocked"; issuedLocked: boolean; orderedBy: string | null; replaces: string | null; notBefore: string | null; notAfter: string | null; renewable: boolean; revokedAt: string | null; revocationReason: ("unspecified" | "keyCompromise" | "affiliationChanged" | "superseded" | "cessationOfOperation" | "privilegeWithdrawn") | null; unlockable: boolean; /** @description Display name; null for a removed person */ holder: string | null; };
        Card: { serial: string; uid: string; state: "ordered" | "active" | "expired" | "revoked" | "replaced"; pin: "open" | "blocked"; issuedLocked: boolean; orderedBy: string | null; replaces: string | null; notBefore: string | null; notAfter: string | null; renewable: boolean; revokedAt: string | null; revocationReason: ("unspecified" | "keyCompromise" | "affiliationChanged" | "superseded" | "cessationOfOperation" | "privilegeWithdrawn") | null; unlockable: boolean; };
        Session: { sid: string; uid: string; authenticator: string; methods: string[]; level: number; roleId: string | null; cisSessionId: string | null; clients: string[]; createdAt: string; activeAt: string; endsAt: string; };
        LogoutDelivery: { id: string; sid: string; uid: string; clientId: string; address: string; cause: string; state: "pending" | "delivered" | "givenUp"; attempts: number; result: string; createdAt: string; triedAt: string | null; dueAt: string | null; };
        Event: { seq: number; journey: string; at: string; from: "browser" | "application" | "authorisation" | "cis2" | "identity-agent" | "cis" | "gateway" | "pds" | "console"; to: "browser" | "application" | "authorisation" | "cis2" | "identity-agent" | "cis" | "gateway" | "pds" | "console"; name: string; outcome: "ok" | "refused" | "failed"; detail: { [key: string]: string | number | boolean; }; /** @description X-Message-Id of the request in which it was recorded */ message?: string; };
        JourneySummary: { id: string; startedAt: string; /** @description From the first message to the end of the last */ durationMs: number; pattern: "combined" | "separate" | "application" | "desk" | "sign-out" | "console"; /** * @description abandoned: waiting, and nothing has happened for five minutes */ outcome: "succeeded" | "refused" | "failed" | "waiting" | "abandoned"; person: { uid: string; name: string; } | null; application: { id: string; name: string; } | null; headline: string; waitingFor: string | null; /** @description Number of the first message that was refused or failed */ failedStep: number | null; /** @description Number of messages */ count: number; isClockMoved: boolean; faults: string[]; };
        Journey: { id: string; startedAt: string; /** @description From the first message to the end of the last */ durationMs: number; pattern: "combined" | "separate" | "application" | "desk" | "sign-out" | "console"; /** * @description abandoned: waiting, and nothing has happened for five minutes */ outcome: "succeeded" | "refused" | "failed" | "waiting" | "abandoned"; person: { uid: string; name: string; } | null; application: { id: string; name: string; } | null; headline: string; waitingFor: string | null; /** @description Number of the first message that was refused or failed */ failedStep: number | null; /** @description Number of messages */ count: number; isClockMoved: boolean; faults: string[]; role: string | null; level: string | null; links: { id: string; why: "desk sign-in" | "same session" | "sign-out"; }[]; messages: components["schemas"]["Message"][]; /** @description Whether older messages were removed */ isTruncated: boolean; };
        Message: { /** @description X-Message-Id of the response */ id: string; journey: string; parent: string | null; number: number; kind: "redirect" | "call" | "act"; /** @description person, browser, application, authorisation, cis2, identity-agent, cis, console, api:NAME or outside:HOST */ from: string; /** @description person, browser, application, authorisation, cis2, identity-agent, cis, console, api:NAME or outside:HOST */ to: string; name: string; words: string; startedAt: string; offsetMs: number; durationMs: number | null; method: string | null; route: string | null; status: number | null; outcome: "succeeded" | "refused" | "failed" | "lost"; application: { id: string; name: string; } | null; person: { uid: string; name: string; } | null; requestId: string | null; correlationId: string | null; refusal: { error: string; field: string | null; headline: string; came: string | null; expected: string | null; mend: string; actor: "user" | "developer" | "operator" | "agent"; source: string; } | null; faults: string[]; request: components["schemas"]["Captured"] | null; response: components["schemas"]["Captured"] | null; notCaptured: string | null; events: { name: string; outcome: "ok" | "refused" | "failed"; detail: { [key: string]: string | number | boolean; }; }[]; };
        Captured: { url?: string; headers: { name: string; value: string; mark?: string; offending?: true; }[]; query?: { name: string; value: string; mark?: string; offending?: true; }[]; form?: { name: string; value: string; mark?: string; offending?: true; }[]; body?: string; members?: { name: string; value: string; mark?: string; offending?: true; }[]; isCut: boolean; tokens: { name: string; header: { [key: string]: unknown; }; claims: { [key: string]: unknown; }; signature: { holds: boolean; keyId: string; owner: string; } | null; }[]; };
        Refusal: { messageId: string; at: string; ageSeconds: number; service: string; error: string; code: string; status: number; description: string; detail: string; fix: string; actor: "user" | "developer" | "operator" | "agent"; source: string; method: string; path: string; /** @description What was wrong, for people */ facts?: { field?: string; headline?: string; came?: string; expected?: string; }; /** @description Message ids of earlier refusals with this id */ earlier: string[]; };
        Application: { id: string; name: string; developer: string; status: "approved" | "revoked"; profile: "nhs" | "standard" | "fapi2"; platform: { profile: "nhs" | "standard" | "fapi2"; callbackUrls: string[]; products: string[]; revokedProducts: string[]; tokenEndpointAuthMethod: "client_secret_post" | "client_secret_basic" | "private_key_jwt" | "tls_client_auth" | "self_signed_tls_client_auth" | "none"; applicationType: "web" | "native"; signingAlg: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA"); jwks: { keys: ({ kty: string; } & { [key: string]: unknown; })[]; } | null; jwksUrl: string | null; accessToken: { format: "opaque" | "jwt"; signingAlg: "RS256" | "PS256" | "RS512" | "ES256"; }; attributes: { [key: string]: string; }; clientId: string; clientSecret?: string; secrets: { createdAt: string; expiresAt: string | null; }[]; } | null; cis2: { profile: "nhs" | "standard" | "fapi2"; redirectUris: string[]; postLogoutRedirectUris: string[]; applicationType: "web" | "native"; tokenEndpointAuthMethod: "client_secret_post" | "client_secret_basic" | "private_key_jwt" | "tls_client_auth" | "self_signed_tls_client_auth" | "none"; certificateSubject: { tls_client_auth_subject_dn?: string; tls_client_auth_san_dns?: string; tls_client_auth_san_uri?: string; tls_client_auth_san_ip?: string; tls_client_auth_san_email?: string; } | null; jwks: { keys: ({ kty: string; } & { [key: string]: unknown; })[]; } | null; jwksUrl: string | null; signingAlg: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA"); backchannelLogoutUri: string; pkce: "required" | "optional"; refreshTokens: boolean; firstAuthenticator: ("smartcard" | "choose") | null; maxAge: "proof" | "pin"; idTokenSigningAlg: "RS256" | "PS256" | "ES256"; userinfoSigningAlg: ("RS256" | "PS256" | "ES256") | null; boundTokens: ("dpop" | "certificate") | null; pushedRequests: "required" | "optional"; signedRequests: "required" | "optional"; requestObjectSigningAlg: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA"); description: string; clientId: string; clientSecret?: string; secrets: { createdAt: string; expiresAt: string | null; }[]; } | null; };
        ApplicationWithWarnings: { id: string; name: string; developer: string; status: "approved" | "revoked"; profile: "nhs" | "standard" | "fapi2"; platform: { profile: "nhs" | "standard" | "fapi2"; callbackUrls: string[]; products: string[]; revokedProducts: string[]; tokenEndpointAuthMethod: "client_secret_post" | "client_secret_basic" | "private_key_jwt" | "tls_client_auth" | "self_signed_tls_client_auth" | "none"; applicationType: "web" | "native"; signingAlg: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA"); jwks: { keys: ({ kty: string; } & { [key: string]: unknown; })[]; } | null; jwksUrl: string | null; accessToken: { format: "opaque" | "jwt"; signingAlg: "RS256" | "PS256" | "RS512" | "ES256"; }; attributes: { [key: string]: string; }; clientId: string; clientSecret?: string; secrets: { createdAt: string; expiresAt: string | null; }[]; } | null; cis2: { profile: "nhs" | "standard" | "fapi2"; redirectUris: string[]; postLogoutRedirectUris: string[]; applicationType: "web" | "native"; tokenEndpointAuthMethod: "client_secret_post" | "client_secret_basic" | "private_key_jwt" | "tls_client_auth" | "self_signed_tls_client_auth" | "none"; certificateSubject: { tls_client_auth_subject_dn?: string; tls_client_auth_san_dns?: string; tls_client_auth_san_uri?: string; tls_client_auth_san_ip?: string; tls_client_auth_san_email?: string; } | null; jwks: { keys: ({ kty: string; } & { [key: string]: unknown; })[]; } | null; jwksUrl: string | null; signingAlg: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA"); backchannelLogoutUri: string; pkce: "required" | "optional"; refreshTokens: boolean; firstAuthenticator: ("smartcard" | "choose") | null; maxAge: "proof" | "pin"; idTokenSigningAlg: "RS256" | "PS256" | "ES256"; userinfoSigningAlg: ("RS256" | "PS256" | "ES256") | null; boundTokens: ("dpop" | "certificate") | null; pushedRequests: "required" | "optional"; signedRequests: "required" | "optional"; requestObjectSigningAlg: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA"); description: string; clientId: string; clientSecret?: string; secrets: { createdAt: string; expiresAt: string | null; }[]; } | null; warnings?: { code: string; message: string; }[]; };
        ApiReport: { name: string; basePath: string; title: string; version: string; backEnd: string; record: boolean; access: { title: string; grant: string; scopes: string[]; product: string; }[]; operations: { operation: string; needs: string[]; }[]; headers: { [key: string]: string; }; limits: { api: { [key: string]: unknown; } | null; application: { [key: string]: unknown; } | null; }; settings: { [key: string]: unknown; }; target: { [key: string]: unknown; }; warnings: string[]; hash: string; };
        ApplicationKey: { /** * @description Where the application is registered */ half: "platform" | "cis2"; kid: string | null; kty: string; alg: string | null; bits: number | null; expiresAt: string | null; };
        ResourceServer: { application: string; name: string; clientId: string | null; resources: string[]; };
        Product: { name: string; apis: string[]; scopes: string[]; limits: { quota?: { enabled: boolean; limit: number; interval: number; timeunit: "minute" | "hour" | "day" | "week" | "month"; }; spikeArrest?: { enabled: boolean; ratelimit: string; }; } | null; };
        ProductWithWarnings: { name: string; apis: string[]; scopes: string[]; limits: { quota?: { enabled: boolean; limit: number; interval: number; timeunit: "minute" | "hour" | "day" | "week" | "month"; }; spikeArrest?: { enabled: boolean; ratelimit: string; }; } | null; warnings?: string[]; };
        SigningKey: { service: "cis2" | "authorisation" | "cis"; kid: string; algorithm: string; state: "announced" | "signing" | "verifying" | "retired"; announcedAt: string | null; signsFrom: string | null; signsUntil: string | null; removedAt: string | null; };
        AuditRecord: { seq: number; chain: string; chainSeq: number; at: string; actor: string; action: string; target: string; application: string; subject: string; outcome: string; detail: { [key: string]: string | number | boolean; }; role?: string; organisation?: string; onBehalfOf?: string; tokenId?: string; family?: string; session?: string; address?: string; device?: string; requestId?: string; correlationId?: string; heads?: [ string, number, string ][]; previous: string; hash: string; };
        Administrator: { id: string; name: string; role: "administrator" | "registration-authority" | "support" | "read"; organisations: string[]; createdAt: string; lastSignIn: string | null; };
        PublicKey: { kty: string; kid: string; } & { [key: string]: unknown; };
        PatientRecord: { patient: { resourceType: "Patient"; id: string; meta: { versionId: string; security: ({ code: string; display: string; } & { [key: string]: unknown; })[]; } & { [key: string]: unknown; }; name?: ({ use: string; given?: string[]; family: string; } & { [key: string]: unknown; })[]; gender?: string; birthDate?: string; deceasedDateTime?: string; address?: ({ use: string; line: string[]; postalCode?: string; } & { [key: string]: unknown; })[]; } & { [key: string]: unknown; }; supersededBy: string | null; invalidated: boolean; } & { [key: string]: unknown; };
        Fault: { name: string; summary: string; state: { /** @description Probability each time, 0 to 1 */ probability?: number; /** @description Switches the fault off after this many times */ next?: number; /** @description Skips this many times first */ after?: number; /** @description Occurs only in calls that name this NHS number; faults of the PDS */ patient?: string; /** @description Duration of the delay; pds-slow */ seconds?: number; } | null; };
        Mail: { id: string; to: string; subject: string; text: string; createdAt: string; state: "kept" | "waiting" | "sent" | "failed"; attempts: number; problem: string | null; sentAt: string | null; messageId: string | null; };
    };
}
export interface operations {
<<<<<<< HEAD
    getAgent: { responses: { /** @description The state */ 200: { content: { "application/json": components["schemas"]["AgentStatus"]; }; }; }; };
    postAgentPin: { responses: { /** @description The new state */ 200: { content: { "application/json": components["schemas"]["AgentStatus"]; }; }; }; };
    postAgentRole: { responses: { /** @description The new state */ 200: { content: { "application/json": components["schemas"]["AgentStatus"]; }; }; }; };
    deleteAgentSession: { responses: { /** @description The new state */ 200: { content: { "application/json": components["schemas"]["AgentStatus"]; }; }; }; };
    getReaders0: { responses: { /** @description The card, or null */ 200: { content: { "application/json": { card: components["schemas"]["VirtualCard"] | null; }; }; }; }; };
    putReaders0Card: { responses: { /** @description The reader */ 200: { content: { "application/json": { card: components["schemas"]["VirtualCard"] | null; }; }; }; }; };
    deleteReaders0Card: { responses: { /** @description The empty reader */ 200: { content: { "application/json": { card: components["schemas"]["VirtualCard"] | null; }; }; }; }; };
    getCards: { responses: { /** @description The cards */ 200: { content: { "application/json": { cards: components["schemas"]["VirtualCard"][]; }; }; }; }; };
    postCards: { responses: { /** @description The card */ 201: { content: { "application/json": components["schemas"]["VirtualCard"]; }; }; }; };
    deleteCardsSerial: { parameters: { path: { serial: string; }; }; responses: { /** @description Destroyed */ 204: { content?: never; }; }; };
    patchCardsSerial: { parameters: { path: { serial: string; }; }; responses: { /** @description The card */ 200: { content: { "application/json": components["schemas"]["VirtualCard"]; }; }; }; };
    getState: { responses: { /** @description Version, public addresses, local socket of the Identity Agent, clock and database */ 200: { content: { "application/json": components["schemas"]["InstallationState"]; }; }; }; };
    getPeople: { parameters: { query?: { persona?: string; q?: string; organisation?: string; role?: string; after?: string; limit?: string; }; }; responses: { /** @description People, and "next" if there are more */ 200: { content: { "application/json": { people: components["schemas"]["Person"][]; next: string | null; }; }; }; }; };
    postPeople: { responses: { /** @description The person */ 201: { content: { "application/json": components["schemas"]["Person"]; }; }; }; };
    getPeopleUid: { parameters: { path: { uid: string; }; }; responses: { /** @description The person; ETag */ 200: { content: { "application/json": components["schemas"]["Person"]; }; }; }; };
    deletePeopleUid: { parameters: { path: { uid: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    patchPeopleUid: { parameters: { path: { uid: string; }; }; responses: { /** @description The changed person; ETag */ 200: { content: { "application/json": components["schemas"]["Person"]; }; }; }; };
    getOrganisations: { parameters: { query?: { q?: string; }; }; responses: { /** @description Codes and names */ 200: { content: { "application/json": { organisations: { code: string; name: string; }[]; }; }; }; }; };
    getJobRoles: { parameters: { query?: { q?: string; }; }; responses: { /** @description Codes, names and the usual activities */ 200: { content: { "application/json": { jobRoles: { code: string; name: string; activities: { name: string; code: string; }[]; }[]; }; }; }; }; };
    getPeopleUidUserinfo: { parameters: { path: { uid: string; }; }; responses: { /** @description The document */ 200: { content: { "application/json": { sub: string; } & { [key: string]: unknown; }; }; }; }; };
    putPeopleUidUserinfo: { parameters: { path: { uid: string; }; }; responses: { /** @description The changed person */ 200: { content: { "application/json": components["schemas"]["Person"]; }; }; /** @description The added person */ 201: { content: { "application/json": components["schemas"]["Person"]; }; }; }; };
    getPeopleUidAuthenticators: { parameters: { path: { uid: string; }; }; responses: { /** @description The authenticators */ 200: { content: { "application/json": { authenticators: components["schemas"]["Authenticator"][]; }; }; }; }; };
    postPeopleUidAuthenticators: { parameters: { path: { uid: string; }; }; responses: { /** @description The authenticator */ 201: { content: { "application/json": components["schemas"]["Authenticator"]; }; }; }; };
    deletePeopleUidAuthenticatorsId: { parameters: { path: { uid: string; id: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    postPeopleUidEnrolments: { parameters: { path: { uid: string; }; }; responses: { /** @description The link */ 201: { content: { "application/json": { url: string; expiresAt: string; }; }; }; }; };
    getDirectoryExport: { parameters: { query?: { format?: "json" | "csv"; }; }; responses: { /** @description The document */ 200: { content: { "application/json": { version: 1; people: components["schemas"]["Person"][]; organisations: { code: string; name: string; }[]; activities: { code: string; name: string; includes: string[]; }[]; }; }; }; }; };
    postDirectoryImport: { responses: { /** @description The number of changes of each kind */ 200: { content: { "application/json": { dryRun: boolean; added: number; changed: number; unchanged: number; errors: { line: number; field: string; problem: string; }[]; }; }; }; }; };
    getDirectoryActivitiesPerson: { parameters: { path: { person: string; }; }; responses: { /** @description Roles and their activities */ 200: { content: { "application/json": { roles: { roleId: string; activities: { code: string; name: string; includedBy: string | null; }[]; }[]; }; }; }; }; };
    getRegistrationAuthorityCards: { parameters: { query?: { person?: string; q?: string; organisation?: string; role?: string; after?: string; limit?: string; }; }; responses: { /** @description Cards, and "next" if there are more */ 200: { content: { "application/json": { cards: components["schemas"]["ListedCard"][]; next: string | null; }; }; }; }; };
    postRegistrationAuthorityCards: { responses: { /** @description The card */ 201: { content: { "application/json": components["schemas"]["Card"]; }; }; }; };
    getRegistrationAuthorityCardsSerial: { parameters: { path: { serial: string; }; }; responses: { /** @description The card */ 200: { content: { "application/json": components["schemas"]["Card"]; }; }; }; };
    postRegistrationAuthorityCardsSerialRevoke: { parameters: { path: { serial: string; }; }; responses: { /** @description The card */ 200: { content: { "application/json": components["schemas"]["Card"]; }; }; }; };
    postRegistrationAuthorityCardsSerialReplace: { parameters: { path: { serial: string; }; }; responses: { /** @description The new card */ 201: { content: { "application/json": components["schemas"]["Card"]; }; }; }; };
    postRegistrationAuthorityCardsSerialRenew: { parameters: { path: { serial: string; }; }; responses: { /** @description The card */ 200: { content: { "application/json": components["schemas"]["Card"]; }; }; }; };
    postRegistrationAuthorityCardsSerialUnblock: { parameters: { path: { serial: string; }; }; responses: { /** @description The unblocking code */ 200: { content: { "application/json": { unblockingCode: string; }; }; }; }; };
    getSessions: { parameters: { query?: { person?: string; }; }; responses: { /** @description At most 200 sessions */ 200: { content: { "application/json": { sessions: components["schemas"]["Session"][]; }; }; }; }; };
    deleteSessionsSid: { parameters: { path: { sid: string; }; }; responses: { /** @description Ended */ 204: { content?: never; }; }; };
    getLogoutDeliveries: { parameters: { query?: { since?: string; }; }; responses: { /** @description At most 200 messages */ 200: { content: { "application/json": { deliveries: components["schemas"]["LogoutDelivery"][]; }; }; }; }; };
    postLogoutDeliveriesIdSend: { parameters: { path: { id: string; }; }; responses: { /** @description The message after the attempt */ 200: { content: { "application/json": components["schemas"]["LogoutDelivery"]; }; }; }; };
    getEvents: { parameters: { query?: { journey?: string; since?: string; }; }; responses: { /** @description The events */ 200: { content: { "application/json": { events: components["schemas"]["Event"][]; }; }; }; }; };
    getJourneys: { parameters: { query?: { q?: string; outcome?: "succeeded" | "refused" | "failed" | "waiting" | "abandoned"; application?: string; person?: string; pattern?: "combined" | "separate" | "application" | "desk" | "sign-out" | "console"; from?: string; after?: string; }; }; responses: { /** @description The journeys, and where the next page begins */ 200: { content: { "application/json": { journeys: components["schemas"]["JourneySummary"][]; next: string | null; }; }; }; }; };
    getJourneysId: { parameters: { path: { id: string; }; }; responses: { /** @description The journey */ 200: { content: { "application/json": components["schemas"]["Journey"]; }; }; }; };
    getMessagesId: { parameters: { path: { id: string; }; }; responses: { /** @description The message */ 200: { content: { "application/json": components["schemas"]["Message"]; }; }; }; };
    getChanges: { responses: { /** @description A stream */ 200: { content: { "application/json": unknown; }; }; }; };
    getJourneysIdExport: { parameters: { query: { format: "svg" | "mermaid" | "har" | "markdown"; hops?: "one" | "every"; download?: "1"; }; path: { id: string; }; }; responses: { /** @description The journey in this format */ 200: { content: { "application/json": unknown; }; }; }; };
    getMessagesIdCurl: { parameters: { path: { id: string; }; }; responses: { /** @description The command */ 200: { content: { "application/json": unknown; }; }; }; };
    getRefusalsId: { parameters: { path: { id: string; }; }; responses: { /** @description The newest refusal with this id */ 200: { content: { "application/json": components["schemas"]["Refusal"]; }; }; }; };
    getApplications: { parameters: { query?: { q?: string; }; }; responses: { /** @description The applications */ 200: { content: { "application/json": { applications: components["schemas"]["Application"][]; }; }; }; }; };
    postApplications: { responses: { /** @description Its id and credentials; "warnings" about what will fail at use */ 201: { content: { "application/json": { id: string; platform?: { clientId: string; clientSecret?: string; }; cis2?: { clientId: string; clientSecret?: string; }; warnings?: { code: string; message: string; }[]; }; }; }; }; };
    getApplicationsId: { parameters: { path: { id: string; }; }; responses: { /** @description The application; ETag; "warnings" about what will fail at use */ 200: { content: { "application/json": components["schemas"]["ApplicationWithWarnings"]; }; }; }; };
    deleteApplicationsId: { parameters: { path: { id: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    patchApplicationsId: { parameters: { path: { id: string; }; }; responses: { /** @description The changed application; ETag */ 200: { content: { "application/json": components["schemas"]["ApplicationWithWarnings"]; }; }; }; };
    postApplicationsIdApprove: { parameters: { path: { id: string; }; }; responses: { /** @description The changed application; ETag */ 200: { content: { "application/json": components["schemas"]["Application"]; }; }; }; };
    postApplicationsIdRevoke: { parameters: { path: { id: string; }; }; responses: { /** @description The changed application; ETag */ 200: { content: { "application/json": components["schemas"]["Application"]; }; }; }; };
    getApis: { responses: { /** @description The APIs */ 200: { content: { "application/json": { apis: { name: string; basePath: string; title: string; backEnd: string; operations: number; warnings: number; }[]; }; }; }; }; };
    postApis: { responses: { /** @description The API as it was understood, with "warnings" */ 201: { content: { "application/json": components["schemas"]["ApiReport"]; }; }; }; };
    postApisCheck: { responses: { /** @description The API as it was understood, with "warnings" */ 200: { content: { "application/json": components["schemas"]["ApiReport"]; }; }; }; };
    getApisName: { parameters: { path: { name: string; }; }; responses: { /** @description The API as it was understood; ETag */ 200: { content: { "application/json": components["schemas"]["ApiReport"]; }; }; }; };
    deleteApisName: { parameters: { path: { name: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    patchApisName: { parameters: { path: { name: string; }; }; responses: { /** @description The API as it was understood; ETag */ 200: { content: { "application/json": components["schemas"]["ApiReport"]; }; }; }; };
    getApisNameSource: { parameters: { path: { name: string; }; }; responses: { /** @description The source */ 200: { content: { "application/json": { /** @description The file with the OpenAPI document */ entry: string; /** @description Texts of the files by their path below the folder of the definition */ files: { [key: string]: string; }; /** @description Another of the files, with x-nhsd-apim or x-alongside */ extension?: string; /** @description Name in scopes and products; by default from the base path */ name?: string; basePath?: string; /** @description Address of the back end */ upstream?: string; /** @description Answers with the examples of the definition */ mock?: boolean; /** @description Keeps responses of the upstream as examples for the mock */ record?: boolean; /** * @description Format of the errors of the gateway */ errors?: "apigee" | "spine" | "spine-stu3" | "nhsd-api" | "http-codes" | "problem" | "message"; validate?: "off" | "warn" | "enforce"; /** @description Members of x-alongside, instead of those of the file */ settings?: { [key: string]: unknown; }; examples: { [key: string]: unknown; }[]; }; }; }; }; };
    putApiSecretsName: { parameters: { path: { name: string; }; }; responses: { /** @description Stored; it is never returned */ 204: { content?: never; }; }; };
    deleteApiSecretsName: { parameters: { path: { name: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    getApplicationsIdKeys: { parameters: { path: { id: string; }; }; responses: { /** @description The keys, and the addresses of those that are fetched */ 200: { content: { "application/json": { keys: components["schemas"]["ApplicationKey"][]; addresses: { /** * @description Where the application is registered */ half: "platform" | "cis2"; address: string; }[]; }; }; }; }; };
    postApplicationsIdKeys: { parameters: { path: { id: string; }; }; responses: { /** @description The key; "warnings" about what will fail at use */ 201: { content: { "application/json": { /** * @description Where the application is registered */ half: "platform" | "cis2"; kid: string | null; kty: string; alg: string | null; bits: number | null; expiresAt: string | null; warnings?: { code: string; message: string; }[]; }; }; }; }; };
    deleteApplicationsIdKeysHalfKid: { parameters: { path: { id: string; half: string; kid: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    postApplicationsIdSecrets: { parameters: { path: { id: string; }; }; responses: { /** @description Client id and secret */ 201: { content: { "application/json": { clientId: string; clientSecret: string; expiresAt: string | null; }; }; }; }; };
    getResourceServers: { responses: { /** @description The resource servers */ 200: { content: { "application/json": { resourceServers: components["schemas"]["ResourceServer"][]; }; }; }; }; };
    putResourceServersApplication: { parameters: { path: { application: string; }; }; responses: { /** @description The resource server; ETag of its application */ 200: { content: { "application/json": components["schemas"]["ResourceServer"]; }; }; }; };
    deleteResourceServersApplication: { parameters: { path: { application: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    getProducts: { responses: { /** @description The products */ 200: { content: { "application/json": { products: components["schemas"]["Product"][]; }; }; }; }; };
    postProducts: { responses: { /** @description The product; ETag; "warnings" about unknown APIs */ 201: { content: { "application/json": components["schemas"]["ProductWithWarnings"]; }; }; }; };
    getProductsName: { parameters: { path: { name: string; }; }; responses: { /** @description The product; ETag */ 200: { content: { "application/json": components["schemas"]["Product"]; }; }; }; };
    deleteProductsName: { parameters: { path: { name: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    patchProductsName: { parameters: { path: { name: string; }; }; responses: { /** @description The product; ETag; "warnings" about unknown APIs */ 200: { content: { "application/json": components["schemas"]["ProductWithWarnings"]; }; }; }; };
    getDevelopers: { responses: { /** @description The developers */ 200: { content: { "application/json": { developers: { id: string; name: string; kind: "developer" | "company"; email: string; status: "active" | "inactive"; }[]; }; }; }; }; };
    postDevelopers: { responses: { /** @description The developer; ETag */ 201: { content: { "application/json": { id: string; name: string; kind: "developer" | "company"; email: string; status: "active" | "inactive"; }; }; }; }; };
    getDevelopersId: { parameters: { path: { id: string; }; }; responses: { /** @description The developer; ETag */ 200: { content: { "application/json": { id: string; name: string; kind: "developer" | "company"; email: string; status: "active" | "inactive"; }; }; }; }; };
    deleteDevelopersId: { parameters: { path: { id: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    patchDevelopersId: { parameters: { path: { id: string; }; }; responses: { /** @description The developer; ETag */ 200: { content: { "application/json": { id: string; name: string; kind: "developer" | "company"; email: string; status: "active" | "inactive"; }; }; }; }; };
    postRegistrationTokens: { responses: { /** @description The token */ 201: { content: { "application/json": { token: string; expiresAt: string; }; }; }; }; };
    postTokensInspect: { responses: { /** @description Scope and attributes, all as text */ 200: { content: { "application/json": { scope: string; attributes: { [key: string]: string; }; }; }; }; }; };
    postTokens: { responses: { /** @description The response of the token endpoint of the base path */ 200: { content: { "application/json": { access_token: string; token_type: string; expires_in: string | number; } & { [key: string]: unknown; }; }; }; }; };
    postValidate: { responses: { /** @description Each check with the expected and the received value */ 200: { content: { "application/json": { base: string; ok: boolean; checks: { check: string; ok: boolean; expected: string; received: string; refusal?: { error: string; fix: string; actor: "user" | "developer" | "operator" | "agent"; source: string; }; }[]; answer: { status: number; error: string; error_description: string; } | null; }; }; }; }; };
    postExplain: { responses: { /** @description What it was taken for, alternatives, the first failure and all checks in order */ 200: { content: { "application/json": { took: { kind: "har" | "jwks" | "pem" | "operation-outcome" | "error" | "curl" | "authorize-url" | "token-request" | "client-assertion" | "logout-token" | "access-token" | "id-token" | "id"; label: string; } | null; alternatives: { kind: "har" | "jwks" | "pem" | "operation-outcome" | "error" | "curl" | "authorize-url" | "token-request" | "client-assertion" | "logout-token" | "access-token" | "id-token" | "id"; label: string; }[]; summary: string; banner: { /** @description Id in docs/errors.md; null for a check of the console alone */ error: string | null; headline: string; came: string | null; expected: string | null; mend: string; actor: "user" | "developer" | "operator" | "agent"; source: string; } | null; checks: { name: string; outcome: "passed" | "failed" | "not applicable" | "unknown"; came: string; expected: string; why: string; }[]; links: { label: string; /** @description A path of the console */ href: string; }[]; /** @description Headers and claims of a token */ details?: { name: string; value: string; meaning: string; }[]; }; }; }; }; };
    postKeysCheck: { responses: { /** @description Kind, bits, algorithms, problems and use of each key, and the JWK set to register */ 200: { content: { "application/json": { format: "PEM" | "JWK" | "JWK set"; keys: { kid: string | null; /** @description Such as `RSA, 4096 bits` */ kind: string; bits: number | null; algorithm: string | null; algorithms: ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA")[]; /** @description RFC 7638 */ thumbprint: string | null; goodFor: string[]; problems: string[]; }[]; problems: string[]; /** @description The public keys, to register */ jwks: { keys: { [key: string]: unknown; }[]; }; }; }; }; }; };
    postRequestsPreview: { responses: { /** @description Fields, message and programs */ 200: { content: { "application/json": { kind: string; label: string; application: string; /** @description Whether only a browser can send it */ isNavigation: boolean; fields: { name: string; place: "query" | "form" | "header" | "assertion header" | "assertion claim"; /** @description `$NAME` for a value that the server does not know */ value: string; rule: string; source: string; isMistake: boolean; }[]; mistakes: { id: string; label: string; isChosen: boolean; }[]; /** @description To sign where the key is */ assertion: { header: { [key: string]: string; }; claims: { [key: string]: string | number; }; } | null; request: { method: string; url: string; headers: { name: string; value: string; }[]; form: { name: string; value: string; }[]; }; /** @description The exact message */ message: string; snippets: { language: string; code: string; }[]; }; }; }; }; };
    postRequestsRun: { responses: { /** @description The response, cut */ 200: { content: { "application/json": { status: number; durationMs: number; messageId: string | null; headers: { name: string; value: string; }[]; /** @description At most 64 KiB */ body: string; isCut: boolean; }; }; }; }; };
    getKeys: { responses: { /** @description The keys of cis2, authorisation and cis, without their private parts */ 200: { content: { "application/json": { keys: components["schemas"]["SigningKey"][]; }; }; }; }; };
    getKeysProofs: { responses: { /** @description JSON Web Signatures by service, which no service accepts as a token */ 200: { content: { "application/json": { proofs: { service: "cis2" | "authorisation" | "cis"; jws: string; }[]; }; }; }; }; };
    postKeysServiceRotate: { parameters: { path: { service: string; }; }; responses: { /** @description The keys of the service */ 200: { content: { "application/json": { keys: components["schemas"]["SigningKey"][]; }; }; }; }; };
    getAudit: { parameters: { query?: { from?: string; to?: string; actor?: string; action?: string; application?: string; outcome?: "ok" | "refused" | "failed"; subject?: string; chain?: string; since?: string; order?: "oldest" | "newest"; after?: string; limit?: string; }; }; responses: { /** @description The records, and "next" if there are more */ 200: { content: { "application/json": { records: components["schemas"]["AuditRecord"][]; next: string | null; }; }; }; }; };
    getAuditExtent: { responses: { /** @description {retentionDays, records, chains, anchored, oldest} */ 200: { content: { "application/json": { retentionDays: number | null; records: number; chains: number; anchored: number; oldest: string | null; }; }; }; }; };
    getAuditVerify: { parameters: { query?: { from?: string; to?: string; }; }; responses: { /** @description {ok, chains, records, unsealed, problem}: the first altered record */ 200: { content: { "application/json": { ok: boolean; chains: number; records: number; unsealed: number; problem?: { chain: string; seq: number; problem: string; }; }; }; }; }; };
    getAuditExport: { parameters: { query?: { from?: string; to?: string; actor?: string; action?: string; application?: string; outcome?: "ok" | "refused" | "failed"; subject?: string; chain?: string; format?: "jsonl" | "fhir"; }; }; responses: { /** @description application/x-ndjson */ 200: { content: { "application/json": unknown; }; }; }; };
    postAuditSubjects: { responses: { /** @description {subject} */ 200: { content: { "application/json": { subject: string; }; }; }; }; };
    getAuditSeq: { parameters: { path: { seq: string; }; }; responses: { /** @description {record, journey}; the journey is null if it is no longer stored */ 200: { content: { "application/json": { record: components["schemas"]["AuditRecord"]; journey: string | null; }; }; }; }; };
    postAuditSeqSubject: { parameters: { path: { seq: string; }; }; responses: { /** @description {nhsNumber} */ 200: { content: { "application/json": { nhsNumber: string; }; }; }; }; };
    getAdministrators: { responses: { /** @description The administrators, the first to join first */ 200: { content: { "application/json": { administrators: components["schemas"]["Administrator"][]; }; }; }; }; };
    postAdministratorsInvitations: { responses: { /** @description The link, shown only once */ 201: { content: { "application/json": { url: string; expiresAt: string; }; }; }; }; };
    putAdministratorsIdRole: { parameters: { path: { id: string; }; }; responses: { /** @description The changed administrator */ 200: { content: { "application/json": components["schemas"]["Administrator"]; }; }; }; };
    deleteAdministratorsId: { parameters: { path: { id: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    getExport: { parameters: { query?: { cards?: "true" | "false"; }; }; responses: { /** @description The state */ 200: { content: { "application/json": { version: 1; products: { name: string; apis: string[]; scopes: string[]; /** * @description Absent limits are as published; null lifts all limits */ limits: { quota?: { enabled: boolean; limit: number; interval: number; timeunit: "minute" | "hour" | "day" | "week" | "month"; }; spikeArrest?: { enabled: boolean; ratelimit: string; }; } | null; }[]; applications: ({ id: string; name: string; } & { [key: string]: unknown; })[]; people: components["schemas"]["Person"][]; apis: { /** @description The file with the OpenAPI document */ entry: string; /** @description Texts of the files by their path below the folder of the definition */ files: { [key: string]: string; }; /** @description Another of the files, with x-nhsd-apim or x-alongside */ extension?: string; /** @description Name in scopes and products; by default from the base path */ name?: string; basePath?: string; /** @description Address of the back end */ upstream?: string; /** @description Answers with the examples of the definition */ mock?: boolean; /** @description Keeps responses of the upstream as examples for the mock */ record?: boolean; /** * @description Format of the errors of the gateway */ errors?: "apigee" | "spine" | "spine-stu3" | "nhsd-api" | "http-codes" | "problem" | "message"; validate?: "off" | "warn" | "enforce"; /** @description Members of x-alongside, instead of those of the file */ settings?: { [key: string]: unknown; }; }[]; patients: ({ patient: { id: string; } & { [key: string]: unknown; }; } & { [key: string]: unknown; })[]; cardRecords: ({ serial: string; uid: string; } & { [key: string]: unknown; })[]; cards?: ({ serial: string; uid: string; } & { [key: string]: unknown; })[]; }; }; }; }; };
    postImport: { responses: { /** @description The new number of each; null for cards that did not change */ 200: { content: { "application/json": { imported: { products: number; applications: number; people: number; apis: number | null; patients: number; cards: number | null; cardRecords: number | null; }; }; }; }; }; };
    getRealmsRealmKeys: { parameters: { path: { realm: string; }; }; responses: { /** @description The keys */ 200: { content: { "application/json": { keys: components["schemas"]["PublicKey"][]; }; }; }; }; };
    postRealmsRealmKeys: { parameters: { path: { realm: string; }; }; responses: { /** @description The stored key */ 201: { content: { "application/json": components["schemas"]["PublicKey"]; }; }; }; };
    deleteRealmsRealmKeysKid: { parameters: { path: { realm: string; kid: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    getCitizens: { responses: { /** @description The citizens */ 200: { content: { "application/json": { citizens: { nhsNumber: string; proofing: "P0" | "P5" | "P9"; givenName: string; familyName: string; birthdate: string; email?: string; }[]; }; }; }; }; };
    postCitizens: { responses: { /** @description The citizen */ 201: { content: { "application/json": { nhsNumber: string; proofing: "P0" | "P5" | "P9"; givenName: string; familyName: string; birthdate: string; email?: string; }; }; }; }; };
    deleteCitizensNhsNumber: { parameters: { path: { nhsNumber: string; }; }; responses: { /** @description Removed */ 204: { content?: never; }; }; };
    postPatients: { responses: { /** @description The record of the patient */ 201: { content: { "application/json": components["schemas"]["PatientRecord"]; }; }; }; };
    postPatientsGenerate: { responses: { /** @description How many patients are new, how many the part has, and the next household */ 200: { content: { "application/json": { added: number; patients: number; nextHousehold: number; }; }; }; }; };
    getPatientsNhsNumber: { parameters: { path: { nhsNumber: string; }; }; responses: { /** @description The record */ 200: { content: { "application/json": components["schemas"]["PatientRecord"]; }; }; }; };
    getClock: { responses: { /** @description Its time, its offset from real time in seconds, and whether it stands still */ 200: { content: { "application/json": { now: string; offsetSeconds: number; frozen: boolean; lagging: { part: string; reason: string; }[]; }; }; }; }; };
    putClock: { responses: { /** @description The clock, and "lagging": the parts that did not follow */ 200: { content: { "application/json": { now: string; offsetSeconds: number; frozen: boolean; lagging: { part: string; reason: string; }[]; }; }; }; }; };
    deleteClock: { responses: { /** @description The clock */ 200: { content: { "application/json": { now: string; offsetSeconds: number; frozen: boolean; lagging: { part: string; reason: string; }[]; }; }; }; }; };
    getClockEffects: { parameters: { query?: { advance?: number; set?: string; }; }; responses: { /** @description The time after the move, and the sessions, codes, tokens and certificates it ends */ 200: { content: { "application/json": { now: string; ends: { deskSessions: number; sessions: number; codes: number; accessTokens: number; refreshTokens: number; certificates: number; }; }; }; }; }; };
    getFaults: { responses: { /** @description The faults */ 200: { content: { "application/json": { faults: components["schemas"]["Fault"][]; }; }; }; }; };
    putFaultsName: { parameters: { path: { name: string; }; }; responses: { /** @description The fault and its state */ 200: { content: { "application/json": { name: string; state: { /** @description Probability each time, 0 to 1 */ probability?: number; /** @description Switches the fault off after this many times */ next?: number; /** @description Skips this many times first */ after?: number; /** @description Occurs only in calls that name this NHS number; faults of the PDS */ patient?: string; /** @description Duration of the delay; pds-slow */ seconds?: number; }; }; }; }; }; };
    deleteFaultsName: { parameters: { path: { name: string; }; }; responses: { /** @description Off */ 204: { content?: never; }; }; };
    getMail: { parameters: { query?: { limit?: string; }; }; responses: { /** @description The messages */ 200: { content: { "application/json": { mails: components["schemas"]["Mail"][]; }; }; }; }; };
    getMailId: { parameters: { path: { id: string; }; }; responses: { /** @description The message, with the id of the request that caused it */ 200: { content: { "application/json": components["schemas"]["Mail"]; }; }; }; };
    postReset: { responses: { /** @description Done; "warnings" lists failed parts */ 200: { content: { "application/json": { reset: true; warnings?: string[]; }; }; }; }; };
    getOpenapiJson: { responses: { /** @description OpenAPI 3.1 */ 200: { content: { "application/json": { openapi: string; } & { [key: string]: unknown; }; }; }; }; };
=======
    getAgent: {
        responses: {
            /** @description The state */
            200: {
                content: {
                    "application/json": components["schemas"]["AgentStatus"];
                };
            };
        };
    };
    postAgentPin: {
        requestBody: {
            content: {
                "application/json": {
                    pin: string;
                };
            };
        };
        responses: {
            /** @description The new state */
            200: {
                content: {
                    "application/json": components["schemas"]["AgentStatus"];
                };
            };
        };
    };
    postAgentRole: {
        requestBody: {
            content: {
                "application/json": {
                    roleId: string;
                };
            };
        };
        responses: {
            /** @description The new state */
            200: {
                content: {
                    "application/json": components["schemas"]["AgentStatus"];
                };
            };
        };
    };
    deleteAgentSession: {
        responses: {
            /** @description The new state */
            200: {
                content: {
                    "application/json": components["schemas"]["AgentStatus"];
                };
            };
        };
    };
    getReaders0: {
        responses: {
            /** @description The card, or null */
            200: {
                content: {
                    "application/json": {
                        card: components["schemas"]["VirtualCard"] | null;
                    };
                };
            };
        };
    };
    putReaders0Card: {
        requestBody: {
            content: {
                "application/json": {
                    /** @description Serial of a card, or persona or uid of its holder */
                    card: string;
                };
            };
        };
        responses: {
            /** @description The reader */
            200: {
                content: {
                    "application/json": {
                        card: components["schemas"]["VirtualCard"] | null;
                    };
                };
            };
        };
    };
    deleteReaders0Card: {
        responses: {
            /** @description The empty reader */
            200: {
                content: {
                    "application/json": {
                        card: components["schemas"]["VirtualCard"] | null;
                    };
                };
            };
        };
    };
    getCards: {
        responses: {
            /** @description The cards */
            200: {
                content: {
                    "application/json": {
                        cards: components["schemas"]["VirtualCard"][];
                    };
                };
            };
        };
    };
    postCards: {
        requestBody: {
            content: {
                "application/json": {
                    /** @description uid or persona */
                    person: string;
                    keyType?: "EC-P256" | "RSA-2048";
                    pin?: string;
                    /** @description Whether the PIN is blocked */
                    locked?: boolean;
                    /** @description Of an ordered card; random by default */
                    serial?: string;
                };
            };
        };
        responses: {
            /** @description The card */
            201: {
                content: {
                    "application/json": components["schemas"]["VirtualCard"];
                };
            };
        };
    };
    deleteCardsSerial: {
        parameters: {
            path: {
                serial: string;
            };
        };
        responses: {
            /** @description Destroyed */
            204: {
                content?: never;
            };
        };
    };
    patchCardsSerial: {
        parameters: {
            path: {
                serial: string;
            };
        };
        requestBody?: {
            content: {
                "application/json": {
                    pin?: string;
                    /** @description Whether the PIN is blocked */
                    locked?: boolean;
                };
            };
        };
        responses: {
            /** @description The card */
            200: {
                content: {
                    "application/json": components["schemas"]["VirtualCard"];
                };
            };
        };
    };
    getState: {
        responses: {
            /** @description Version, public addresses, local socket of the Identity Agent, clock and database */
            200: {
                content: {
                    "application/json": components["schemas"]["InstallationState"];
                };
            };
        };
    };
    getPeople: {
        parameters: {
            query?: {
                persona?: string;
                q?: string;
                organisation?: string;
                role?: string;
                after?: string;
                limit?: string;
            };
        };
        responses: {
            /** @description People, and "next" if there are more */
            200: {
                content: {
                    "application/json": {
                        people: components["schemas"]["Person"][];
                        next: string | null;
                    };
                };
            };
        };
    };
    postPeople: {
        requestBody?: {
            content: {
                "application/json": {
                    uid?: string;
                    persona?: string | null;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description The person */
            201: {
                content: {
                    "application/json": components["schemas"]["Person"];
                };
            };
        };
    };
    getPeopleUid: {
        parameters: {
            path: {
                uid: string;
            };
        };
        responses: {
            /** @description The person; ETag */
            200: {
                content: {
                    "application/json": components["schemas"]["Person"];
                };
            };
        };
    };
    deletePeopleUid: {
        parameters: {
            path: {
                uid: string;
            };
        };
        responses: {
            /** @description Removed */
            204: {
                content?: never;
            };
        };
    };
    patchPeopleUid: {
        parameters: {
            path: {
                uid: string;
            };
        };
        requestBody?: {
            content: {
                "application/json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description The changed person; ETag */
            200: {
                content: {
                    "application/json": components["schemas"]["Person"];
                };
            };
        };
    };
    getOrganisations: {
        parameters: {
            query?: {
                q?: string;
            };
        };
        responses: {
            /** @description Codes and names */
            200: {
                content: {
                    "application/json": {
                        organisations: {
                            code: string;
                            name: string;
                        }[];
                    };
                };
            };
        };
    };
    getJobRoles: {
        parameters: {
            query?: {
                q?: string;
            };
        };
        responses: {
            /** @description Codes, names and the usual activities */
            200: {
                content: {
                    "application/json": {
                        jobRoles: {
                            code: string;
                            name: string;
                            activities: {
                                name: string;
                                code: string;
                            }[];
                        }[];
                    };
                };
            };
        };
    };
    getPeopleUidUserinfo: {
        parameters: {
            path: {
                uid: string;
            };
        };
        responses: {
            /** @description The document */
            200: {
                content: {
                    "application/json": {
                        sub: string;
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
    putPeopleUidUserinfo: {
        parameters: {
            path: {
                uid: string;
            };
        };
        requestBody?: {
            content: {
                "application/json": {
                    sub?: string | number;
                    uid?: string | number;
                    nhsid_useruid?: string | number;
                    name?: string;
                    title?: string;
                    given_name?: string;
                    middle_names?: string;
                    family_name?: string;
                    initials?: string;
                    display_name?: string;
                    email?: string;
                    idassurancelevel?: string | number;
                    nhsid_nrbac_roles?: ({
                        person_orgid?: string | number;
                        person_roleid?: string | number;
                        org_code: string;
                        role_name: string;
                        role_code: string;
                        activities?: string | string[];
                        activity_codes?: string | string[];
                        workgroups?: string | string[];
                        workgroups_codes?: string | string[];
                        aow?: string | string[];
                        aow_codes?: string | string[];
                    } & {
                        [key: string]: unknown;
                    })[] | ({
                        person_orgid?: string | number;
                        person_roleid?: string | number;
                        org_code: string;
                        role_name: string;
                        role_code: string;
                        activities?: string | string[];
                        activity_codes?: string | string[];
                        workgroups?: string | string[];
                        workgroups_codes?: string | string[];
                        aow?: string | string[];
                        aow_codes?: string | string[];
                    } & {
                        [key: string]: unknown;
                    });
                    nhsid_user_orgs?: ({
                        org_name?: string;
                        org_code: string;
                    } & {
                        [key: string]: unknown;
                    })[] | ({
                        org_name?: string;
                        org_code: string;
                    } & {
                        [key: string]: unknown;
                    });
                    nhsid_org_memberships?: ({
                        person_orgid?: string | number;
                        org_name?: string;
                        org_code: string;
                        gnc?: string;
                    } & {
                        [key: string]: unknown;
                    })[] | ({
                        person_orgid?: string | number;
                        org_name?: string;
                        org_code: string;
                        gnc?: string;
                    } & {
                        [key: string]: unknown;
                    });
                    nhsid_org_roles?: ({
                        person_orgid?: string | number;
                        org_name?: string;
                        org_code: string;
                        gnc?: string;
                    } & {
                        [key: string]: unknown;
                    })[] | ({
                        person_orgid?: string | number;
                        org_name?: string;
                        org_code: string;
                        gnc?: string;
                    } & {
                        [key: string]: unknown;
                    });
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description The changed person */
            200: {
                content: {
                    "application/json": components["schemas"]["Person"];
                };
            };
            /** @description The added person */
            201: {
                content: {
                    "application/json": components["schemas"]["Person"];
                };
            };
        };
    };
    getPeopleUidAuthenticators: {
        parameters: {
            path: {
                uid: string;
            };
        };
        responses: {
            /** @description The authenticators */
            200: {
                content: {
                    "application/json": {
                        authenticators: components["schemas"]["Authenticator"][];
                    };
                };
            };
        };
    };
    postPeopleUidAuthenticators: {
        parameters: {
            path: {
                uid: string;
            };
        };
        requestBody: {
            content: {
                "application/json": {
                    kind: string;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description The authenticator */
            201: {
                content: {
                    "application/json": components["schemas"]["Authenticator"];
                };
            };
        };
    };
    deletePeopleUidAuthenticatorsId: {
        parameters: {
            path: {
                uid: string;
                id: string;
            };
        };
        responses: {
            /** @description Removed */
            204: {
                content?: never;
            };
        };
    };
    postPeopleUidEnrolments: {
        parameters: {
            path: {
                uid: string;
            };
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description security-key, windows-hello, passkey, totp, password, tablet or federated */
                    kind: string;
                    /** @description Persona or uid of the registration authority officer; optional in development */
                    officer?: string;
                };
            };
        };
        responses: {
            /** @description The link */
            201: {
                content: {
                    "application/json": {
                        url: string;
                        expiresAt: string;
                    };
                };
            };
        };
    };
    getDirectoryExport: {
        parameters: {
            query?: {
                format?: "json" | "csv";
            };
        };
        responses: {
            /** @description The document */
            200: {
                content: {
                    "application/json": {
                        version: 1;
                        people: components["schemas"]["Person"][];
                        organisations: {
                            code: string;
                            name: string;
                        }[];
                        activities: {
                            code: string;
                            name: string;
                            includes: string[];
                        }[];
                    };
                };
            };
        };
    };
    postDirectoryImport: {
        requestBody?: {
            content: {
                "application/json": {
                    /** @description CSV in the format of the export */
                    csv?: string;
                    /** @description The JSON document of the export */
                    document?: {
                        [key: string]: unknown;
                    };
                    dryRun?: boolean;
                };
            };
        };
        responses: {
            /** @description The number of changes of each kind */
            200: {
                content: {
                    "application/json": {
                        dryRun: boolean;
                        added: number;
                        changed: number;
                        unchanged: number;
                        errors: {
                            line: number;
                            field: string;
                            problem: string;
                        }[];
                    };
                };
            };
        };
    };
    getDirectoryActivitiesPerson: {
        parameters: {
            path: {
                person: string;
            };
        };
        responses: {
            /** @description Roles and their activities */
            200: {
                content: {
                    "application/json": {
                        roles: {
                            roleId: string;
                            activities: {
                                code: string;
                                name: string;
                                includedBy: string | null;
                            }[];
                        }[];
                    };
                };
            };
        };
    };
    getRegistrationAuthorityCards: {
        parameters: {
            query?: {
                person?: string;
                q?: string;
                organisation?: string;
                role?: string;
                after?: string;
                limit?: string;
            };
        };
        responses: {
            /** @description Cards, and "next" if there are more */
            200: {
                content: {
                    "application/json": {
                        cards: components["schemas"]["ListedCard"][];
                        next: string | null;
                    };
                };
            };
        };
    };
    postRegistrationAuthorityCards: {
        requestBody: {
            content: {
                "application/json": {
                    /** @description Persona or uid of the acting person, who needs a role that permits it */
                    actor: string;
                    /** @description Persona or uid */
                    person: string;
                    /** @description Serial of the new card; random by default */
                    serial?: string;
                    locked?: boolean;
                };
            };
        };
        responses: {
            /** @description The card */
            201: {
                content: {
                    "application/json": components["schemas"]["Card"];
                };
            };
        };
    };
    getRegistrationAuthorityCardsSerial: {
        parameters: {
            path: {
                serial: string;
            };
        };
        responses: {
            /** @description The card */
            200: {
                content: {
                    "application/json": components["schemas"]["Card"];
                };
            };
        };
    };
    postRegistrationAuthorityCardsSerialRevoke: {
        parameters: {
            path: {
                serial: string;
            };
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Persona or uid of the acting person, who needs a role that permits it */
                    actor: string;
                    reason: "unspecified" | "keyCompromise" | "affiliationChanged" | "superseded" | "cessationOfOperation" | "privilegeWithdrawn";
                };
            };
        };
        responses: {
            /** @description The card */
            200: {
                content: {
                    "application/json": components["schemas"]["Card"];
                };
            };
        };
    };
    postRegistrationAuthorityCardsSerialReplace: {
        parameters: {
            path: {
                serial: string;
            };
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Persona or uid of the acting person, who needs a role that permits it */
                    actor: string;
                    reason: "unspecified" | "keyCompromise" | "affiliationChanged" | "superseded" | "cessationOfOperation" | "privilegeWithdrawn";
                    /** @description Serial of the new card; random by default */
                    serial?: string;
                    locked?: boolean;
                };
            };
        };
        responses: {
            /** @description The new card */
            201: {
                content: {
                    "application/json": components["schemas"]["Card"];
                };
            };
        };
    };
    postRegistrationAuthorityCardsSerialRenew: {
        parameters: {
            path: {
                serial: string;
            };
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Persona or uid of the acting person, who needs a role that permits it */
                    actor: string;
                };
            };
        };
        responses: {
            /** @description The card */
            200: {
                content: {
                    "application/json": components["schemas"]["Card"];
                };
            };
        };
    };
    postRegistrationAuthorityCardsSerialUnblock: {
        parameters: {
            path: {
                serial: string;
            };
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Persona or uid of the acting person, who needs a role that permits it */
                    actor: string;
                };
            };
        };
        responses: {
            /** @description The unblocking code */
            200: {
                content: {
                    "application/json": {
                        unblockingCode: string;
                    };
                };
            };
        };
    };
    getSessions: {
        parameters: {
            query?: {
                person?: string;
            };
        };
        responses: {
            /** @description At most 200 sessions */
            200: {
                content: {
                    "application/json": {
                        sessions: components["schemas"]["Session"][];
                    };
                };
            };
        };
    };
    deleteSessionsSid: {
        parameters: {
            path: {
                sid: string;
            };
        };
        responses: {
            /** @description Ended */
            204: {
                content?: never;
            };
        };
    };
    getLogoutDeliveries: {
        parameters: {
            query?: {
                since?: string;
            };
        };
        responses: {
            /** @description At most 200 messages */
            200: {
                content: {
                    "application/json": {
                        deliveries: components["schemas"]["LogoutDelivery"][];
                    };
                };
            };
        };
    };
    postLogoutDeliveriesIdSend: {
        parameters: {
            path: {
                id: string;
            };
        };
        responses: {
            /** @description The message after the attempt */
            200: {
                content: {
                    "application/json": components["schemas"]["LogoutDelivery"];
                };
            };
        };
    };
    getEvents: {
        parameters: {
            query?: {
                journey?: string;
                since?: string;
            };
        };
        responses: {
            /** @description The events */
            200: {
                content: {
                    "application/json": {
                        events: components["schemas"]["Event"][];
                    };
                };
            };
        };
    };
    getChanges: {
        responses: {
            /** @description A stream */
            200: {
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    getJourneysIdExport: {
        parameters: {
            query: {
                format: "svg" | "mermaid" | "har" | "markdown";
                hops?: "one" | "every";
                download?: "1";
            };
            path: {
                id: string;
            };
        };
        responses: {
            /** @description The journey in this format */
            200: {
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    getMessagesIdCurl: {
        parameters: {
            path: {
                id: string;
            };
        };
        responses: {
            /** @description The command */
            200: {
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    getRefusalsId: {
        parameters: {
            path: {
                id: string;
            };
        };
        responses: {
            /** @description The newest refusal with this id */
            200: {
                content: {
                    "application/json": components["schemas"]["Refusal"];
                };
            };
        };
    };
    getApplications: {
        parameters: {
            query?: {
                q?: string;
            };
        };
        responses: {
            /** @description The applications */
            200: {
                content: {
                    "application/json": {
                        applications: components["schemas"]["Application"][];
                    };
                };
            };
        };
    };
    postApplications: {
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /**
                     * @description Default of platform and cis2
                     */
                    profile?: "nhs" | "standard" | "fapi2";
                    developer?: string;
                    platform?: {
                        profile?: "nhs" | "standard" | "fapi2";
                        callbackUrls?: string[];
                        products?: string[];
                        revokedProducts?: string[];
                        tokenEndpointAuthMethod?: "client_secret_post" | "client_secret_basic" | "private_key_jwt" | "tls_client_auth" | "self_signed_tls_client_auth" | "none";
                        applicationType?: "web" | "native";
                        signingAlg?: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA");
                        jwks?: {
                            keys: ({
                                kty: string;
                            } & {
                                [key: string]: unknown;
                            })[];
                        } | null;
                        jwksUrl?: string | null;
                        /**
                         *       "format": "opaque",
                         *       "signingAlg": "RS256"
                         *     }
                         */
                        accessToken?: {
                            format?: "opaque" | "jwt";
                            signingAlg?: "RS256" | "PS256" | "RS512" | "ES256";
                        };
                        attributes?: {
                            [key: string]: string;
                        };
                    } | null;
                    cis2?: {
                        profile?: "nhs" | "standard" | "fapi2";
                        redirectUris?: string[];
                        postLogoutRedirectUris?: string[];
                        applicationType?: "web" | "native";
                        tokenEndpointAuthMethod?: "client_secret_post" | "client_secret_basic" | "private_key_jwt" | "tls_client_auth" | "self_signed_tls_client_auth" | "none";
                        certificateSubject?: {
                            tls_client_auth_subject_dn?: string;
                            tls_client_auth_san_dns?: string;
                            tls_client_auth_san_uri?: string;
                            tls_client_auth_san_ip?: string;
                            tls_client_auth_san_email?: string;
                        } | null;
                        jwks?: {
                            keys: ({
                                kty: string;
                            } & {
                                [key: string]: unknown;
                            })[];
                        } | null;
                        jwksUrl?: string | null;
                        signingAlg?: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA");
                        backchannelLogoutUri?: string;
                        pkce?: "required" | "optional";
                        refreshTokens?: boolean;
                        firstAuthenticator?: ("smartcard" | "choose") | null;
                        maxAge?: "proof" | "pin";
                        idTokenSigningAlg?: "RS256" | "PS256" | "ES256";
                        userinfoSigningAlg?: ("RS256" | "PS256" | "ES256") | null;
                        boundTokens?: ("dpop" | "certificate") | null;
                        pushedRequests?: "required" | "optional";
                        signedRequests?: "required" | "optional";
                        requestObjectSigningAlg?: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA");
                        description?: string;
                    } | null;
                    /** @description Client ids and secrets of a new application; development only; generated by default */
                    credentials?: {
                        platform?: {
                            clientId?: string;
                            clientSecret?: string;
                        };
                        cis2?: {
                            clientId?: string;
                            clientSecret?: string;
                        };
                    };
                };
            };
        };
        responses: {
            /** @description Its id and credentials; "warnings" about what will fail at use */
            201: {
                content: {
                    "application/json": {
                        id: string;
                        platform?: {
                            clientId: string;
                            clientSecret?: string;
                        };
                        cis2?: {
                            clientId: string;
                            clientSecret?: string;
                        };
                        warnings?: {
                            code: string;
                            message: string;
                        }[];
                    };
                };
            };
        };
    };
    postApplicationsCheck: {
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /**
                     * @description Default of platform and cis2
                     */
                    profile?: "nhs" | "standard" | "fapi2";
                    developer?: string;
                    platform?: {
                        profile?: "nhs" | "standard" | "fapi2";
                        callbackUrls?: string[];
                        products?: string[];
                        revokedProducts?: string[];
                        tokenEndpointAuthMethod?: "client_secret_post" | "client_secret_basic" | "private_key_jwt" | "tls_client_auth" | "self_signed_tls_client_auth" | "none";
                        applicationType?: "web" | "native";
                        signingAlg?: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA");
                        jwks?: {
                            keys: ({
                                kty: string;
                            } & {
                                [key: string]: unknown;
                            })[];
                        } | null;
                        jwksUrl?: string | null;
                        /**
                         *       "format": "opaque",
                         *       "signingAlg": "RS256"
                         *     }
                         */
                        accessToken?: {
                            format?: "opaque" | "jwt";
                            signingAlg?: "RS256" | "PS256" | "RS512" | "ES256";
                        };
                        attributes?: {
                            [key: string]: string;
                        };
                    } | null;
                    cis2?: {
                        profile?: "nhs" | "standard" | "fapi2";
                        redirectUris?: string[];
                        postLogoutRedirectUris?: string[];
                        applicationType?: "web" | "native";
                        tokenEndpointAuthMethod?: "client_secret_post" | "client_secret_basic" | "private_key_jwt" | "tls_client_auth" | "self_signed_tls_client_auth" | "none";
                        certificateSubject?: {
                            tls_client_auth_subject_dn?: string;
                            tls_client_auth_san_dns?: string;
                            tls_client_auth_san_uri?: string;
                            tls_client_auth_san_ip?: string;
                            tls_client_auth_san_email?: string;
                        } | null;
                        jwks?: {
                            keys: ({
                                kty: string;
                            } & {
                                [key: string]: unknown;
                            })[];
                        } | null;
                        jwksUrl?: string | null;
                        signingAlg?: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA");
                        backchannelLogoutUri?: string;
                        pkce?: "required" | "optional";
                        refreshTokens?: boolean;
                        firstAuthenticator?: ("smartcard" | "choose") | null;
                        maxAge?: "proof" | "pin";
                        idTokenSigningAlg?: "RS256" | "PS256" | "ES256";
                        userinfoSigningAlg?: ("RS256" | "PS256" | "ES256") | null;
                        boundTokens?: ("dpop" | "certificate") | null;
                        pushedRequests?: "required" | "optional";
                        signedRequests?: "required" | "optional";
                        requestObjectSigningAlg?: "" | ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA");
                        description?: string;
                    } | null;
                    /** @description Client ids and secrets of a new application; development only; generated by default */
                    credentials?: {
                        platform?: {
                            clientId?: string;
                            clientSecret?: string;
                        };
                        cis2?: {
                            clientId?: string;
                            clientSecret?: string;
                        };
                    };
                };
            };
        };
        responses: {
            /** @description It would be registered; "warnings" about what would fail at use */
            200: {
                content: {
                    "application/json": {
                        warnings?: {
                            code: string;
                            message: string;
                        }[];
                    };
                };
            };
        };
    };
    getApplicationsId: {
        parameters: {
            path: {
                id: string;
            };
        };
        responses: {
            /** @description The application; ETag; "warnings" about what will fail at use */
            200: {
                content: {
                    "application/json": components["schemas"]["ApplicationWithWarnings"];
                };
            };
        };
    };
    deleteApplicationsId: {
        parameters: {
            path: {
                id: string;
            };
        };
        responses: {
            /** @description Removed */
            204: {
                content?: never;
            };
        };
    };
    patchApplicationsId: {
        parameters: {
            path: {
                id: string;
            };
        };
        requestBody?: {
            content: {
                "application/json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description The changed application; ETag */
            200: {
                content: {
                    "application/json": components["schemas"]["ApplicationWithWarnings"];
                };
            };
        };
    };
    postApplicationsIdApprove: {
        parameters: {
            path: {
                id: string;
            };
        };
        responses: {
            /** @description The changed application; ETag */
            200: {
                content: {
                    "application/json": components["schemas"]["Application"];
                };
            };
        };
    };
    postApplicationsIdRevoke: {
        parameters: {
            path: {
                id: string;
            };
        };
        responses: {
            /** @description The changed application; ETag */
            200: {
                content: {
                    "application/json": components["schemas"]["Application"];
                };
            };
        };
    };
    getApis: {
        responses: {
            /** @description The APIs */
            200: {
                content: {
                    "application/json": {
                        apis: {
                            name: string;
                            basePath: string;
                            title: string;
                            backEnd: string;
                            operations: number;
                            warnings: number;
                        }[];
                    };
                };
            };
        };
    };
    postApis: {
        requestBody: {
            content: {
                "application/json": {
                    /** @description The file with the OpenAPI document */
                    entry: string;
                    /** @description Texts of the files by their path below the folder of the definition */
                    files: {
                        [key: string]: string;
                    };
                    /** @description Another of the files, with x-nhsd-apim or x-alongside */
                    extension?: string;
                    /** @description Name in scopes and products; by default from the base path */
                    name?: string;
                    basePath?: string;
                    /** @description Address of the back end */
                    upstream?: string;
                    /** @description Answers with the examples of the definition */
                    mock?: boolean;
                    /** @description Keeps responses of the upstream as examples for the mock */
                    record?: boolean;
                    /**
                     * @description Format of the errors of the gateway
                     */
                    errors?: "apigee" | "spine" | "spine-stu3" | "nhsd-api" | "http-codes" | "problem" | "message";
                    validate?: "off" | "warn" | "enforce";
                    /** @description Members of x-alongside, instead of those of the file */
                    settings?: {
                        [key: string]: unknown;
                    };
                    /** @description Recorded responses, as an export of the API has them */
                    examples?: {
                        operation: string;
                        id: string;
                        status: number;
                        contentType: string;
                        values: {
                            [key: string]: string;
                        };
                        value: unknown;
                    }[];
                };
            };
        };
        responses: {
            /** @description The API as it was understood, with "warnings" */
            201: {
                content: {
                    "application/json": components["schemas"]["ApiReport"];
                };
            };
        };
    };
    postApisCheck: {
        requestBody: {
            content: {
                "application/json": {
                    /** @description The file with the OpenAPI document */
                    entry: string;
                    /** @description Texts of the files by their path below the folder of the definition */
                    files: {
                        [key: string]: string;
                    };
                    /** @description Another of the files, with x-nhsd-apim or x-alongside */
                    extension?: string;
                    /** @description Name in scopes and products; by default from the base path */
                    name?: string;
                    basePath?: string;
                    /** @description Address of the back end */
                    upstream?: string;
                    /** @description Answers with the examples of the definition */
                    mock?: boolean;
                    /** @description Keeps responses of the upstream as examples for the mock */
                    record?: boolean;
                    /**
                     * @description Format of the errors of the gateway
                     */
                    errors?: "apigee" | "spine" | "spine-stu3" | "nhsd-api" | "http-codes" | "problem" | "message";
                    validate?: "off" | "warn" | "enforce";
                    /** @description Members of x-alongside, instead of those of the file */
                    settings?: {
                        [key: string]: unknown;
                    };
                };
            };
        };
        responses: {
            /** @description The API as it was understood, with "warnings" */
            200: {
                content: {
                    "application/json": components["schemas"]["ApiReport"];
                };
            };
        };
    };
    getApisName: {
        parameters: {
            path: {
                name: string;
            };
        };
        responses: {
            /** @description The API as it was understood; ETag */
            200: {
                content: {
                    "application/json": components["schemas"]["ApiReport"];
                };
            };
        };
    };
    deleteApisName: {
        parameters: {
            path: {
                name: string;
            };
        };
        responses: {
            /** @description Removed */
            204: {
                content?: never;
            };
        };
    };
    patchApisName: {
        parameters: {
            path: {
                name: string;
            };
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description The file with the OpenAPI document */
                    entry?: string;
                    /** @description Texts of the files by their path below the folder of the definition */
                    files?: {
                        [key: string]: string;
                    };
                    extension?: string | null;
                    basePath?: string;
                    upstream?: string | null;
                    /** @description Answers with the examples of the definition */
                    mock?: boolean;
                    /** @description Keeps responses of the upstream as examples for the mock */
                    record?: boolean;
                    errors?: ("apigee" | "spine" | "spine-stu3" | "nhsd-api" | "http-codes" | "problem" | "message") | null;
                    validate?: ("off" | "warn" | "enforce") | null;
                    /** @description Members of x-alongside, instead of those of the file */
                    settings?: {
                        [key: string]: unknown;
                    };
                };
            };
        };
        responses: {
            /** @description The API as it was understood; ETag */
            200: {
                content: {
                    "application/json": components["schemas"]["ApiReport"];
                };
            };
        };
    };
    getApisNameSource: {
        parameters: {
            path: {
                name: string;
            };
        };
        responses: {
            /** @description The source */
            200: {
                content: {
                    "application/json": {
                        /** @description The file with the OpenAPI document */
                        entry: string;
                        /** @description Texts of the files by their path below the folder of the definition */
                        files: {
                            [key: string]: string;
                        };
                        /** @description Another of the files, with x-nhsd-apim or x-alongside */
                        extension?: string;
                        /** @description Name in scopes and products; by default from the base path */
                        name?: string;
                        basePath?: string;
                        /** @description Address of the back end */
                        upstream?: string;
                        /** @description Answers with the examples of the definition */
                        mock?: boolean;
                        /** @description Keeps responses of the upstream as examples for the mock */
                        record?: boolean;
                        /**
                         * @description Format of the errors of the gateway
                         */
                        errors?: "apigee" | "spine" | "spine-stu3" | "nhsd-api" | "http-codes" | "problem" | "message";
                        validate?: "off" | "warn" | "enforce";
                        /** @description Members of x-alongside, instead of those of the file */
                        settings?: {
                            [key: string]: unknown;
                        };
                        examples: {
                            [key: string]: unknown;
                        }[];
                    };
                };
            };
        };
    };
    putApiSecretsName: {
        parameters: {
            path: {
                name: string;
            };
        };
        requestBody: {
            content: {
                "application/json": {
                    value: string;
                };
            };
        };
        responses: {
            /** @description Stored; it is never returned */
            204: {
                content?: never;
            };
        };
    };
    deleteApiSecretsName: {
        parameters: {
            path: {
                name: string;
            };
        };
        responses: {
            /** @description Removed */
            204: {
                content?: never;
            };
        };
    };
    getApplicationsIdKeys: {
        parameters: {
            path: {
                id: string;
            };
        };
        responses: {
            /** @description The keys, and the addresses of those that are fetched */
            200: {
                content: {
                    "application/json": {
                        keys: components["schemas"]["ApplicationKey"][];
                        addresses: {
                            /**
                             * @description Where the application is registered
                             */
                            half: "platform" | "cis2";
                            address: string;
                        }[];
                    };
                };
            };
        };
    };
    postApplicationsIdKeys: {
        parameters: {
            path: {
                id: string;
            };
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Where the application is registered
                     */
                    half: "platform" | "cis2";
                    jwk: {
                        kty: string;
                    } & {
                        [key: string]: unknown;
                    };
                    /**
                     * Format: date-time
                     * @description When the key expires
                     */
                    expiresAt?: string;
                };
            };
        };
        responses: {
            /** @description The key; "warnings" about what will fail at use */
            201: {
                content: {
                    "application/json": {
                        /**
                         * @description Where the application is registered
                         */
                        half: "platform" | "cis2";
                        kid: string | null;
                        kty: string;
                        alg: string | null;
                        bits: number | null;
                        expiresAt: string | null;
                        warnings?: {
                            code: string;
                            message: string;
                        }[];
                    };
                };
            };
        };
    };
    deleteApplicationsIdKeysHalfKid: {
        parameters: {
            path: {
                id: string;
                half: string;
                kid: string;
            };
        };
        responses: {
            /** @description Removed */
            204: {
                content?: never;
            };
        };
    };
    postApplicationsIdSecrets: {
        parameters: {
            path: {
                id: string;
            };
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Where the application is registered
                     */
                    half: "platform" | "cis2";
                    /**
                     * Format: date-time
                     * @description When the new secret expires
                     */
                    expiresAt?: string;
                    /**
                     * Format: date-time
                     * @description When the existing secrets expire; a past time ends them at once
                     */
                    othersExpireAt?: string;
                };
            };
        };
        responses: {
            /** @description Client id and secret */
            201: {
                content: {
                    "application/json": {
                        clientId: string;
                        clientSecret: string;
                        expiresAt: string | null;
                    };
                };
            };
        };
    };
    getResourceServers: {
        responses: {
            /** @description The resource servers */
            200: {
                content: {
                    "application/json": {
                        resourceServers: components["schemas"]["ResourceServer"][];
                    };
                };
            };
        };
    };
    putResourceServersApplication: {
        parameters: {
            path: {
                application: string;
            };
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description It may introspect tokens for these resources; all tokens if empty
                     */
                    resources?: string[];
                };
            };
        };
        responses: {
            /** @description The resource server; ETag of its application */
            200: {
                content: {
                    "application/json": components["schemas"]["ResourceServer"];
                };
            };
        };
    };
    deleteResourceServersApplication: {
        parameters: {
            path: {
                application: string;
            };
        };
        responses: {
            /** @description Removed */
            204: {
                content?: never;
            };
        };
    };
    getProducts: {
        responses: {
            /** @description The products */
            200: {
                content: {
                    "application/json": {
                        products: components["schemas"]["Product"][];
                    };
                };
            };
        };
    };
    postProducts: {
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    apis?: string[];
                    scopes?: string[];
                    /**
                     * @description Absent limits are as published; null lifts all limits
                     */
                    limits?: {
                        quota?: {
                            enabled?: boolean;
                            limit: number;
                            interval?: number;
                            timeunit: "minute" | "hour" | "day" | "week" | "month";
                        };
                        spikeArrest?: {
                            enabled?: boolean;
                            ratelimit: string;
                        };
                    } | null;
                };
            };
        };
        responses: {
            /** @description The product; ETag; "warnings" about unknown APIs */
            201: {
                content: {
                    "application/json": components["schemas"]["ProductWithWarnings"];
                };
            };
        };
    };
    getProductsName: {
        parameters: {
            path: {
                name: string;
            };
        };
        responses: {
            /** @description The product; ETag */
            200: {
                content: {
                    "application/json": components["schemas"]["Product"];
                };
            };
        };
    };
    deleteProductsName: {
        parameters: {
            path: {
                name: string;
            };
        };
        responses: {
            /** @description Removed */
            204: {
                content?: never;
            };
        };
    };
    patchProductsName: {
        parameters: {
            path: {
                name: string;
            };
        };
        requestBody?: {
            content: {
                "application/json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description The product; ETag; "warnings" about unknown APIs */
            200: {
                content: {
                    "application/json": components["schemas"]["ProductWithWarnings"];
                };
            };
        };
    };
    getDevelopers: {
        responses: {
            /** @description The developers */
            200: {
                content: {
                    "application/json": {
                        developers: {
                            id: string;
                            name: string;
                            kind: "developer" | "company";
                            email: string;
                            status: "active" | "inactive";
                        }[];
                    };
                };
            };
        };
    };
    postDevelopers: {
        requestBody: {
            content: {
                "application/json": {
                    id: string;
                    name: string;
                    kind?: "developer" | "company";
                    email?: string;
                    status?: "active" | "inactive";
                };
            };
        };
        responses: {
            /** @description The developer; ETag */
            201: {
                content: {
                    "application/json": {
                        id: string;
                        name: string;
                        kind: "developer" | "company";
                        email: string;
                        status: "active" | "inactive";
                    };
                };
            };
        };
    };
    getDevelopersId: {
        parameters: {
            path: {
                id: string;
            };
        };
        responses: {
            /** @description The developer; ETag */
            200: {
                content: {
                    "application/json": {
                        id: string;
                        name: string;
                        kind: "developer" | "company";
                        email: string;
                        status: "active" | "inactive";
                    };
                };
            };
        };
    };
    deleteDevelopersId: {
        parameters: {
            path: {
                id: string;
            };
        };
        responses: {
            /** @description Removed */
            204: {
                content?: never;
            };
        };
    };
    patchDevelopersId: {
        parameters: {
            path: {
                id: string;
            };
        };
        requestBody?: {
            content: {
                "application/json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description The developer; ETag */
            200: {
                content: {
                    "application/json": {
                        id: string;
                        name: string;
                        kind: "developer" | "company";
                        email: string;
                        status: "active" | "inactive";
                    };
                };
            };
        };
    };
    postRegistrationTokens: {
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description For the registration interface, or an initial access token (RFC 7591)
                     */
                    kind: "team" | "initial";
                    /** @description Id of the developer */
                    team: string;
                    profile?: "standard" | "fapi2";
                };
            };
        };
        responses: {
            /** @description The token */
            201: {
                content: {
                    "application/json": {
                        token: string;
                        expiresAt: string;
                    };
                };
            };
        };
    };
    postTokensInspect: {
        requestBody: {
            content: {
                "application/json": {
                    token: string;
                };
            };
        };
        responses: {
            /** @description Scope and attributes, all as text */
            200: {
                content: {
                    "application/json": {
                        scope: string;
                        attributes: {
                            [key: string]: string;
                        };
                    };
                };
            };
        };
    };
    postTokens: {
        requestBody: {
            content: {
                "application/json": {
                    /** @description Persona or uid */
                    person?: string;
                    /** @description NHS number of a citizen, with the proofing level P9 */
                    citizen?: string;
                    /** @description Id of the application */
                    application: string;
                    /** @description Base path, such as `/oauth2` */
                    base?: string;
                };
            };
        };
        responses: {
            /** @description The response of the token endpoint of the base path */
            200: {
                content: {
                    "application/json": {
                        access_token: string;
                        token_type: string;
                        expires_in: string | number;
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
    postValidate: {
        requestBody?: {
            content: {
                "application/json": {
                    /** @description A client assertion */
                    assertion?: string;
                    /** @description The URL of an authorization request */
                    url?: string;
                    /** @description The body of a token request */
                    form?: string;
                    /** @description Base path, such as `/oauth2` */
                    base?: string;
                };
            };
        };
        responses: {
            /** @description Each check with the expected and the received value */
            200: {
                content: {
                    "application/json": {
                        base: string;
                        ok: boolean;
                        checks: {
                            check: string;
                            ok: boolean;
                            expected: string;
                            received: string;
                            refusal?: {
                                error: string;
                                fix: string;
                                actor: "user" | "developer" | "operator" | "agent";
                                source: string;
                            };
                        }[];
                        answer: {
                            status: number;
                            error: string;
                            error_description: string;
                        } | null;
                    };
                };
            };
        };
    };
    postExplain: {
        requestBody: {
            content: {
                "application/json": {
                    /** @description A client assertion, an ID, logout or access token, an error body, any id, the address or form of a request, a curl command, a key or a HAR */
                    text: string;
                    /**
                     * @description What the text is; recognised by default
                     */
                    as?: "har" | "jwks" | "pem" | "operation-outcome" | "error" | "curl" | "authorize-url" | "token-request" | "client-assertion" | "logout-token" | "access-token" | "id-token" | "id";
                };
            };
        };
        responses: {
            /** @description What it was taken for, alternatives, the first failure and all checks in order */
            200: {
                content: {
                    "application/json": {
                        took: {
                            kind: "har" | "jwks" | "pem" | "operation-outcome" | "error" | "curl" | "authorize-url" | "token-request" | "client-assertion" | "logout-token" | "access-token" | "id-token" | "id";
                            label: string;
                        } | null;
                        alternatives: {
                            kind: "har" | "jwks" | "pem" | "operation-outcome" | "error" | "curl" | "authorize-url" | "token-request" | "client-assertion" | "logout-token" | "access-token" | "id-token" | "id";
                            label: string;
                        }[];
                        summary: string;
                        banner: {
                            /** @description Id in docs/errors.md; null for a check of the console alone */
                            error: string | null;
                            headline: string;
                            came: string | null;
                            expected: string | null;
                            mend: string;
                            actor: "user" | "developer" | "operator" | "agent";
                            source: string;
                        } | null;
                        checks: {
                            name: string;
                            outcome: "passed" | "failed" | "not applicable" | "unknown";
                            came: string;
                            expected: string;
                            why: string;
                        }[];
                        links: {
                            label: string;
                            /** @description A path of the console */
                            href: string;
                        }[];
                        /** @description Headers and claims of a token */
                        details?: {
                            name: string;
                            value: string;
                            meaning: string;
                        }[];
                    };
                };
            };
        };
    };
    postKeysCheck: {
        requestBody: {
            content: {
                "application/json": {
                    /** @description PEM, a JWK or a JWK set, public only */
                    text: string;
                };
            };
        };
        responses: {
            /** @description Kind, bits, algorithms, problems and use of each key, and the JWK set to register */
            200: {
                content: {
                    "application/json": {
                        format: "PEM" | "JWK" | "JWK set";
                        keys: {
                            kid: string | null;
                            /** @description Such as `RSA, 4096 bits` */
                            kind: string;
                            bits: number | null;
                            algorithm: string | null;
                            algorithms: ("RS256" | "RS512" | "PS256" | "ES256" | "EdDSA")[];
                            /** @description RFC 7638 */
                            thumbprint: string | null;
                            goodFor: string[];
                            problems: string[];
                        }[];
                        problems: string[];
                        /** @description The public keys, to register */
                        jwks: {
                            keys: {
                                [key: string]: unknown;
                            }[];
                        };
                    };
                };
            };
        };
    };
    getKeys: {
        responses: {
            /** @description The keys of cis2, authorisation and cis, without their private parts */
            200: {
                content: {
                    "application/json": {
                        keys: components["schemas"]["SigningKey"][];
                    };
                };
            };
        };
    };
    getKeysProofs: {
        responses: {
            /** @description JSON Web Signatures by service, which no service accepts as a token */
            200: {
                content: {
                    "application/json": {
                        proofs: {
                            service: "cis2" | "authorisation" | "cis";
                            jws: string;
                        }[];
                    };
                };
            };
        };
    };
    postKeysServiceRotate: {
        parameters: {
            path: {
                service: string;
            };
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description Switches at once, without announcing the new keys first
                     */
                    now?: boolean;
                };
            };
        };
        responses: {
            /** @description The keys of the service */
            200: {
                content: {
                    "application/json": {
                        keys: components["schemas"]["SigningKey"][];
                    };
                };
            };
        };
    };
    getAudit: {
        parameters: {
            query?: {
                from?: string;
                to?: string;
                actor?: string;
                action?: string;
                application?: string;
                outcome?: "ok" | "refused" | "failed";
                subject?: string;
                chain?: string;
                since?: string;
                order?: "oldest" | "newest";
                after?: string;
                limit?: string;
            };
        };
        responses: {
            /** @description The records, and "next" if there are more */
            200: {
                content: {
                    "application/json": {
                        records: components["schemas"]["AuditRecord"][];
                        next: string | null;
                    };
                };
            };
        };
    };
    getAuditExtent: {
        responses: {
            /** @description {retentionDays, records, chains, anchored, oldest} */
            200: {
                content: {
                    "application/json": {
                        retentionDays: number | null;
                        records: number;
                        chains: number;
                        anchored: number;
                        oldest: string | null;
                    };
                };
            };
        };
    };
    getAuditVerify: {
        parameters: {
            query?: {
                from?: string;
                to?: string;
            };
        };
        responses: {
            /** @description {ok, chains, records, unsealed, problem}: the first altered record */
            200: {
                content: {
                    "application/json": {
                        ok: boolean;
                        chains: number;
                        records: number;
                        unsealed: number;
                        problem?: {
                            chain: string;
                            seq: number;
                            problem: string;
                        };
                    };
                };
            };
        };
    };
    getAuditExport: {
        parameters: {
            query?: {
                from?: string;
                to?: string;
                actor?: string;
                action?: string;
                application?: string;
                outcome?: "ok" | "refused" | "failed";
                subject?: string;
                chain?: string;
                format?: "jsonl" | "fhir";
            };
        };
        responses: {
            /** @description application/x-ndjson */
            200: {
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    postAuditSubjects: {
        requestBody: {
            content: {
                "application/json": {
                    nhsNumber: string;
                };
            };
        };
        responses: {
            /** @description {subject} */
            200: {
                content: {
                    "application/json": {
                        subject: string;
                    };
                };
            };
        };
    };
    getAuditSeq: {
        parameters: {
            path: {
                seq: string;
            };
        };
        responses: {
            /** @description {record, journey}; the journey is null if it is no longer stored */
            200: {
                content: {
                    "application/json": {
                        record: components["schemas"]["AuditRecord"];
                        journey: string | null;
                    };
                };
            };
        };
    };
    postAuditSeqSubject: {
        parameters: {
            path: {
                seq: string;
            };
        };
        responses: {
            /** @description {nhsNumber} */
            200: {
                content: {
                    "application/json": {
                        nhsNumber: string;
                    };
                };
            };
        };
    };
    getExport: {
        parameters: {
            query?: {
                cards?: "true" | "false";
            };
        };
        responses: {
            /** @description The state */
            200: {
                content: {
                    "application/json": {
                        version: 1;
                        products: {
                            name: string;
                            apis: string[];
                            scopes: string[];
                            /**
                             * @description Absent limits are as published; null lifts all limits
                             */
                            limits: {
                                quota?: {
                                    enabled: boolean;
                                    limit: number;
                                    interval: number;
                                    timeunit: "minute" | "hour" | "day" | "week" | "month";
                                };
                                spikeArrest?: {
                                    enabled: boolean;
                                    ratelimit: string;
                                };
                            } | null;
                        }[];
                        applications: ({
                            id: string;
                            name: string;
                        } & {
                            [key: string]: unknown;
                        })[];
                        people: components["schemas"]["Person"][];
                        apis: {
                            /** @description The file with the OpenAPI document */
                            entry: string;
                            /** @description Texts of the files by their path below the folder of the definition */
                            files: {
                                [key: string]: string;
                            };
                            /** @description Another of the files, with x-nhsd-apim or x-alongside */
                            extension?: string;
                            /** @description Name in scopes and products; by default from the base path */
                            name?: string;
                            basePath?: string;
                            /** @description Address of the back end */
                            upstream?: string;
                            /** @description Answers with the examples of the definition */
                            mock?: boolean;
                            /** @description Keeps responses of the upstream as examples for the mock */
                            record?: boolean;
                            /**
                             * @description Format of the errors of the gateway
                             */
                            errors?: "apigee" | "spine" | "spine-stu3" | "nhsd-api" | "http-codes" | "problem" | "message";
                            validate?: "off" | "warn" | "enforce";
                            /** @description Members of x-alongside, instead of those of the file */
                            settings?: {
                                [key: string]: unknown;
                            };
                        }[];
                        patients: ({
                            patient: {
                                id: string;
                            } & {
                                [key: string]: unknown;
                            };
                        } & {
                            [key: string]: unknown;
                        })[];
                        cardRecords: ({
                            serial: string;
                            uid: string;
                        } & {
                            [key: string]: unknown;
                        })[];
                        cards?: ({
                            serial: string;
                            uid: string;
                        } & {
                            [key: string]: unknown;
                        })[];
                    };
                };
            };
        };
    };
    postImport: {
        requestBody: {
            content: {
                "application/json": {
                    version: 1;
                    products: {
                        name: string;
                        apis?: string[];
                        scopes?: string[];
                        /**
                         * @description Absent limits are as published; null lifts all limits
                         */
                        limits?: {
                            quota?: {
                                enabled?: boolean;
                                limit: number;
                                interval?: number;
                                timeunit: "minute" | "hour" | "day" | "week" | "month";
                            };
                            spikeArrest?: {
                                enabled?: boolean;
                                ratelimit: string;
                            };
                        } | null;
                    }[];
                    applications: ({
                        id: string;
                        status: "approved" | "revoked";
                        platform: ({
                            clientId: string;
                            secrets: {
                                hash: string;
                                createdAt: number;
                                expiresAt: number | null;
                            }[];
                        } & {
                            [key: string]: unknown;
                        }) | null;
                        cis2: ({
                            clientId: string;
                            secrets: {
                                hash: string;
                                createdAt: number;
                                expiresAt: number | null;
                            }[];
                        } & {
                            [key: string]: unknown;
                        }) | null;
                    } & {
                        [key: string]: unknown;
                    })[];
                    people: unknown[];
                    /** @description APIs by definition; without it they do not change */
                    apis?: {
                        /** @description The file with the OpenAPI document */
                        entry: string;
                        /** @description Texts of the files by their path below the folder of the definition */
                        files: {
                            [key: string]: string;
                        };
                        /** @description Another of the files, with x-nhsd-apim or x-alongside */
                        extension?: string;
                        /** @description Name in scopes and products; by default from the base path */
                        name?: string;
                        basePath?: string;
                        /** @description Address of the back end */
                        upstream?: string;
                        /** @description Answers with the examples of the definition */
                        mock?: boolean;
                        /** @description Keeps responses of the upstream as examples for the mock */
                        record?: boolean;
                        /**
                         * @description Format of the errors of the gateway
                         */
                        errors?: "apigee" | "spine" | "spine-stu3" | "nhsd-api" | "http-codes" | "problem" | "message";
                        validate?: "off" | "warn" | "enforce";
                        /** @description Members of x-alongside, instead of those of the file */
                        settings?: {
                            [key: string]: unknown;
                        };
                    }[];
                    patients: unknown[];
                    /** @description Without it the cards do not change */
                    cards?: unknown[];
                    /** @description The cards that CIS stores; without it they do not change */
                    cardRecords?: unknown[];
                };
            };
        };
        responses: {
            /** @description The new number of each; null for cards that did not change */
            200: {
                content: {
                    "application/json": {
                        imported: {
                            products: number;
                            applications: number;
                            people: number;
                            apis: number | null;
                            patients: number;
                            cards: number | null;
                            cardRecords: number | null;
                        };
                    };
                };
            };
        };
    };
    getRealmsRealmKeys: {
        parameters: {
            path: {
                realm: string;
            };
        };
        responses: {
            /** @description The keys */
            200: {
                content: {
                    "application/json": {
                        keys: components["schemas"]["PublicKey"][];
                    };
                };
            };
        };
    };
    postRealmsRealmKeys: {
        parameters: {
            path: {
                realm: string;
            };
        };
        requestBody: {
            content: {
                "application/json": {
                    jwk: {
                        [key: string]: unknown;
                    };
                };
            };
        };
        responses: {
            /** @description The stored key */
            201: {
                content: {
                    "application/json": components["schemas"]["PublicKey"];
                };
            };
        };
    };
    deleteRealmsRealmKeysKid: {
        parameters: {
            path: {
                realm: string;
                kid: string;
            };
        };
        responses: {
            /** @description Removed */
            204: {
                content?: never;
            };
        };
    };
    getCitizens: {
        responses: {
            /** @description The citizens */
            200: {
                content: {
                    "application/json": {
                        citizens: {
                            nhsNumber: string;
                            proofing: "P0" | "P5" | "P9";
                            givenName: string;
                            familyName: string;
                            birthdate: string;
                            email?: string;
                        }[];
                    };
                };
            };
        };
    };
    postCitizens: {
        requestBody: {
            content: {
                "application/json": {
                    nhsNumber: string;
                    proofing?: "P0" | "P5" | "P9";
                    givenName: string;
                    familyName: string;
                    birthdate?: string;
                    email?: string;
                };
            };
        };
        responses: {
            /** @description The citizen */
            201: {
                content: {
                    "application/json": {
                        nhsNumber: string;
                        proofing: "P0" | "P5" | "P9";
                        givenName: string;
                        familyName: string;
                        birthdate: string;
                        email?: string;
                    };
                };
            };
        };
    };
    deleteCitizensNhsNumber: {
        parameters: {
            path: {
                nhsNumber: string;
            };
        };
        responses: {
            /** @description Removed */
            204: {
                content?: never;
            };
        };
    };
    postPatients: {
        requestBody: {
            content: {
                "application/json": {
                    family: string;
                    given?: string[];
                    gender: "male" | "female" | "other" | "unknown";
                    /** @description Such as `1968-02-12` */
                    birthDate: string;
                    line?: string[];
                    postalCode?: string;
                    /** @description By default the next number of a new patient */
                    nhsNumber?: string;
                };
            };
        };
        responses: {
            /** @description The record of the patient */
            201: {
                content: {
                    "application/json": components["schemas"]["PatientRecord"];
                };
            };
        };
    };
    postPatientsGenerate: {
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description The household to begin with: `nextHousehold` of the part before
                     */
                    household?: number;
                    /** @description At most so many patients */
                    count: number;
                };
            };
        };
        responses: {
            /** @description How many patients are new, how many the part has, and the next household */
            200: {
                content: {
                    "application/json": {
                        added: number;
                        patients: number;
                        nextHousehold: number;
                    };
                };
            };
        };
    };
    getPatientsNhsNumber: {
        parameters: {
            path: {
                nhsNumber: string;
            };
        };
        responses: {
            /** @description The record */
            200: {
                content: {
                    "application/json": components["schemas"]["PatientRecord"];
                };
            };
        };
    };
    getClock: {
        responses: {
            /** @description Its time, its offset from real time in seconds, and whether it stands still */
            200: {
                content: {
                    "application/json": {
                        now: string;
                        offsetSeconds: number;
                        frozen: boolean;
                        lagging: {
                            part: string;
                            reason: string;
                        }[];
                    };
                };
            };
        };
    };
    putClock: {
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Seconds */
                    advance?: number;
                    /**
                     * Format: date-time
                     * @description ISO time
                     */
                    set?: string;
                    /** @description true stops the clock, false lets it run from its time */
                    freeze?: boolean;
                };
            };
        };
        responses: {
            /** @description The clock, and "lagging": the parts that did not follow */
            200: {
                content: {
                    "application/json": {
                        now: string;
                        offsetSeconds: number;
                        frozen: boolean;
                        lagging: {
                            part: string;
                            reason: string;
                        }[];
                    };
                };
            };
        };
    };
    deleteClock: {
        responses: {
            /** @description The clock */
            200: {
                content: {
                    "application/json": {
                        now: string;
                        offsetSeconds: number;
                        frozen: boolean;
                        lagging: {
                            part: string;
                            reason: string;
                        }[];
                    };
                };
            };
        };
    };
    getClockEffects: {
        parameters: {
            query?: {
                advance?: number;
                set?: string;
            };
        };
        responses: {
            /** @description The time after the move, and the sessions, codes, tokens and certificates it ends */
            200: {
                content: {
                    "application/json": {
                        now: string;
                        ends: {
                            deskSessions: number;
                            sessions: number;
                            codes: number;
                            accessTokens: number;
                            refreshTokens: number;
                            certificates: number;
                        };
                    };
                };
            };
        };
    };
    getFaults: {
        responses: {
            /** @description The faults */
            200: {
                content: {
                    "application/json": {
                        faults: components["schemas"]["Fault"][];
                    };
                };
            };
        };
    };
    putFaultsName: {
        parameters: {
            path: {
                name: string;
            };
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Probability each time, 0 to 1 */
                    probability?: number;
                    /** @description Switches the fault off after this many times */
                    next?: number;
                    /** @description Skips this many times first */
                    after?: number;
                    /** @description Occurs only in calls that name this NHS number; faults of the PDS */
                    patient?: string;
                    /** @description Duration of the delay; pds-slow */
                    seconds?: number;
                };
            };
        };
        responses: {
            /** @description The fault and its state */
            200: {
                content: {
                    "application/json": {
                        name: string;
                        state: {
                            /** @description Probability each time, 0 to 1 */
                            probability?: number;
                            /** @description Switches the fault off after this many times */
                            next?: number;
                            /** @description Skips this many times first */
                            after?: number;
                            /** @description Occurs only in calls that name this NHS number; faults of the PDS */
                            patient?: string;
                            /** @description Duration of the delay; pds-slow */
                            seconds?: number;
                        };
                    };
                };
            };
        };
    };
    deleteFaultsName: {
        parameters: {
            path: {
                name: string;
            };
        };
        responses: {
            /** @description Off */
            204: {
                content?: never;
            };
        };
    };
    getMail: {
        parameters: {
            query?: {
                limit?: string;
            };
        };
        responses: {
            /** @description The messages */
            200: {
                content: {
                    "application/json": {
                        mails: components["schemas"]["Mail"][];
                    };
                };
            };
        };
    };
    getMailId: {
        parameters: {
            path: {
                id: string;
            };
        };
        responses: {
            /** @description The message, with the id of the request that caused it */
            200: {
                content: {
                    "application/json": components["schemas"]["Mail"];
                };
            };
        };
    };
    postReset: {
        responses: {
            /** @description Done; "warnings" lists failed parts */
            200: {
                content: {
                    "application/json": {
                        reset: true;
                        warnings?: string[];
                    };
                };
            };
        };
    };
    getOpenapiJson: {
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                content: {
                    "application/json": {
                        openapi: string;
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
>>>>>>> 35ec7e29 (docs: regenerate references)
}
