//! The one place that runs foreign code: `dlopen` of the library and the call into it.
#![allow(unsafe_code)] // A shared library's functions can be called no other way.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::ptr;

use libloading::Library;
use thiserror::Error;

/// `chdb_result *chdb_query_cmdline(int argc, char **argv)`, from chDB's `chdb.h`.
type QueryCmdline = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut c_void;

/// `const char *chdb_result_error(chdb_result *result)`, from chDB's `chdb.h`.
type ResultError = unsafe extern "C" fn(*mut c_void) -> *const c_char;

#[derive(Debug, Error)]
pub(super) enum NativeError {
    #[error("{} cannot be loaded as a chDB library: {source}", path.display())]
    Load { path: PathBuf, source: libloading::Error },
    #[error("too many arguments")]
    Arguments,
    #[error("the server ended: {0}")]
    Ended(String),
}

/// Runs ClickHouse with these arguments until it ends.
pub(super) fn serve(path: &Path, arguments: Vec<CString>) -> Result<(), NativeError> {
    let failed = |source| NativeError::Load { path: path.to_owned(), source };
    let count = c_int::try_from(arguments.len() + 1).map_err(|_| NativeError::Arguments)?;
    // ClickHouse may write into its arguments and keep them: they are given away, once in the life of the process.
    let mut argv: Vec<*mut c_char> = vec![c"clickhouse".to_owned().into_raw()];
    argv.extend(arguments.into_iter().map(CString::into_raw));
    argv.push(ptr::null_mut());

    // SAFETY: the path was given by the user, installed by them, or verified against a pinned hash; its initialisers
    // run on the main thread. The types of the two functions are those of chDB's header. `argv` holds `count` valid
    // strings and a terminating null, as for `main`, and outlives the call. The result is asked for its error only,
    // and its text is copied before anything else happens.
    unsafe {
        let library = Library::new(path.as_os_str()).map_err(failed)?;
        let query: QueryCmdline = *library.get("chdb_query_cmdline").map_err(failed)?;
        let result_error: ResultError = *library.get("chdb_result_error").map_err(failed)?;
        // Its threads run until the process ends: it must stay mapped.
        std::mem::forget(library);
        let result = query(count, argv.as_mut_ptr());
        if result.is_null() {
            return Ok(());
        }
        let error = result_error(result);
        if error.is_null() {
            Ok(())
        } else {
            Err(NativeError::Ended(CStr::from_ptr(error).to_string_lossy().into_owned()))
        }
    }
}
