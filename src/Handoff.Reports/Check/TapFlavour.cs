namespace Handoff.Reports.Check;

/// <summary>Which dialect of the Test Anything Protocol.</summary>
public enum TapFlavour
{
    /// <summary>KTAP 1, the kernel's own: nested tests have a version line, diagnostics precede the result they belong to.</summary>
    Ktap,

    /// <summary>TAP 14: nested tests have a comment above them, diagnostics follow the result they belong to.</summary>
    Tap14,
}
