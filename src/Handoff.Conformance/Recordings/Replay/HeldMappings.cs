namespace Handoff.Conformance.Recordings.Replay;

/// <summary>Mappings that one case of the probe kept.</summary>
internal sealed class HeldMappings
{
    /// <summary>How many were made.</summary>
    public int Mapped { get; private set; }

    /// <summary>How many failed.</summary>
    public int Failed { get; private set; }

    /// <summary>How many had been made when the first one failed; -1 if none did.</summary>
    public int FirstFailure { get; private set; } = -1;

    public void Add(bool mapped)
    {
        if (mapped)
            Mapped++;
        else if (Failed++ == 0)
            FirstFailure = Mapped;
    }
}
