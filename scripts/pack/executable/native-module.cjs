// Loads a native module that the single executable contains.
'use strict';

const { createHash } = require('node:crypto');
const { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { homedir } = require('node:os');
const { join } = require('node:path');
const sea = require('node:sea');

/** Returns the user's own folder for native modules, after it has checked that others cannot write to it. */
function cacheFolder() {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'alongside', 'native');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = lstatSync(folder);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0)
    throw new Error(
      `other users can open ${folder}: chmod 700 it, or set XDG_CACHE_HOME to a folder of your own`,
    );
  return folder;
}

/** Writes the module under its SHA-256, unless exactly this file exists; returns its path. */
function unpacked(content) {
  const file = join(cacheFolder(), `${createHash('sha256').update(content).digest('hex')}.node`);
  if (existsSync(file) && readFileSync(file).equals(content)) return file;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
  return file;
}

/** Returns the exports of a native module. The system can load it from a file only. */
module.exports = function nativeModule(name) {
  if (!sea.getAssetKeys().includes(name))
    throw new Error(`this executable does not contain ${name}; use the package @alongside/identity-agent`);
  const loaded = { exports: {} };
  process.dlopen(loaded, unpacked(Buffer.from(sea.getRawAsset(name))));
  return loaded.exports;
};
