/** Types of files that the build turns into addresses. */
/// <reference types="vite/client" />
