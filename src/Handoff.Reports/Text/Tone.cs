namespace Handoff.Reports.Text;

/// <summary>What a piece of text means; the writer chooses the colour.</summary>
public enum Tone
{
    /// <summary>Ordinary text.</summary>
    Plain,

    /// <summary>Headings and names.</summary>
    Strong,

    /// <summary>Secondary text.</summary>
    Muted,

    /// <summary>All is well.</summary>
    Good,

    /// <summary>No harm seen, but look at it.</summary>
    Warning,

    /// <summary>Harm.</summary>
    Bad,

    /// <summary>Not known.</summary>
    Unknown,
}
