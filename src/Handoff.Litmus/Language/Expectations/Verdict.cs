namespace Handoff.Litmus.Language;

/// <summary>What a check can say, from the mildest to the gravest.</summary>
public enum Verdict
{
    /// <summary>None of the others in any behaviour.</summary>
    Ok,

    /// <summary>A rule of the API is broken although this machine shows no harm.</summary>
    Contract,

    /// <summary>A map, mask or allocation call returns an error.</summary>
    Fails,

    /// <summary>A read may return an older version than the newest write ordered before it.</summary>
    Stale,

    /// <summary>A newer version was overwritten by an older one and is gone.</summary>
    Lost,

    /// <summary>Somebody may read bytes that nobody shared with them.</summary>
    Leak,

    /// <summary>An access outside any live mapping, after unmap, or against the direction.</summary>
    Wild,
}
