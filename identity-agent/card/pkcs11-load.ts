import { reasonOf } from '@alongside/kernel/errors';
import { findFfi, NO_FFI } from '@alongside/kernel/ffi';
import { type Pkcs11Calls, Pkcs11Library } from './pkcs11-library.ts';
import { isPkcs11, RV } from './pkcs11-messages.ts';

const CKF_OS_LOCKING_OK = 2;

/**
 * Loads and initializes a module: by the package pkcs11js, which also calls modules that export no function but
 * `C_GetFunctionList`; where it is missing, by `node:ffi`.
 * @param direct uses `node:ffi` even if the package is installed
 */
export async function loadPkcs11(path: string, direct = false): Promise<Pkcs11Calls> {
  const module = await open(path, direct);
  try {
    module.C_Initialize({ flags: CKF_OS_LOCKING_OK });
  } catch (error) {
    if (!isPkcs11(error, RV.alreadyInitialized)) throw error;
  }
  return module;
}

async function open(path: string, direct: boolean): Promise<Pkcs11Calls> {
  const loaded = direct ? 'it is not used' : await import('pkcs11js').catch(reasonOf);
  if (typeof loaded !== 'string') {
    const module = new loaded.default.PKCS11();
    module.load(path);
    return module;
  }
  const ffi = findFfi();
  if (!ffi) throw new Error(`the package pkcs11js cannot be loaded: ${loaded}; without it, ${NO_FFI}`);
  return new Pkcs11Library(ffi, path);
}
