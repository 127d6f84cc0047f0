namespace Handoff.Cli;

/// <summary>What results are written as.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>For programs, with a versioned schema.</summary>
    Json,

    /// <summary>SARIF 2.1.0: findings for code review.</summary>
    Sarif,

    /// <summary>KTAP 1: test results for kernel CI.</summary>
    Ktap,

    /// <summary>TAP 14: test results for everybody else.</summary>
    Tap,

    /// <summary>The verdict blocks of herd7.</summary>
    Herd,
}
