namespace Handoff.Litmus.Language;

/// <summary>In how many behaviours something happens.</summary>
public enum Frequency
{
    /// <summary>In every behaviour.</summary>
    Always,

    /// <summary>In some, not in all.</summary>
    Sometimes,

    /// <summary>In none.</summary>
    Never,
}
