namespace Handoff.Cli;

/// <summary>
/// What the program's exit code says. Scripts rely on the numbers. <c>record -- COMMAND</c> has the command's own where the recording is good, whatever that is.
/// </summary>
internal enum ExitCode
{
    /// <summary>All is as expected.</summary>
    AsExpected = 0,

    /// <summary>A verdict differs from its expectation, or is not ok and none was stated; a report found something wrong.</summary>
    Differs = 1,

    /// <summary>The command line is wrong.</summary>
    Usage = 2,

    /// <summary>An input cannot be read or understood, or only a part of it: of a damaged recording the rest is used all the same.</summary>
    BadInput = 3,

    /// <summary>The search ended at a bound, a time limit or Ctrl-C before everything was known.</summary>
    Inconclusive = 4,

    /// <summary>The output could not be written.</summary>
    CannotWrite = 5,

    /// <summary>A bug in this program.</summary>
    Internal = 70,
}
