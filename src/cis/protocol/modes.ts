// How a desk behaves when the card leaves.

/** Generation of the Identity Agent: the HSCN one, or the newer one (Smartcard Connect). */
export type Generation = 'hscn' | 'internet';

/**
 * What happens to the session when the card leaves the reader. Of several that are switched on the agent takes the first of
 * Mobility, Session Lock Persistence, Enhanced Normal, Normal, and tells CIS at sign-in; CIS keeps it with the session and shows
 * it to services. What CIS does is the same in all of them: a session ends 600 s after the last heartbeat (every 120 s) or PIN, and
 * ten hours after it began. A mode shows in who sends what: in Normal and Enhanced Normal the agent ends the session with the
 * card (`cardRemoved`); under Session Lock Persistence, and while a screen is locked, it sends no heartbeat, so the PIN has to
 * come within 600 s; in Mobility, and in the newer generation, heartbeats go on without the card.
 */
export type SessionMode = 'normal' | 'enhancedNormal' | 'sessionLockPersistence' | 'mobility';
