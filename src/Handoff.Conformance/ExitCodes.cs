namespace Handoff.Conformance;

/// <summary>What the program's exit status says.</summary>
internal static class ExitCodes
{
    /// <summary>Everything judged is identical or explained.</summary>
    public const int Ok = 0;

    /// <summary>Something judged is wrong.</summary>
    public const int Wrong = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>An input is missing, damaged or no recording.</summary>
    public const int BadInput = 3;
}
