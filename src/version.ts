export const version = '0.1.0';

/** The build in `/_ping` and `/_status` of the API platform. */
export const release = { version, revision: '1', releaseId: 'alongside', commitId: 'unknown' } as const;
