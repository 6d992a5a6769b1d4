/** Starts the command line. */
import { runCommandLine } from "./CommandLine.ts"

runCommandLine()
