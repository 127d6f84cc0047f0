namespace Handoff.Ownership;

/// <summary>Is told by an <see cref="OwnershipTracker"/> what becomes of mappings.</summary>
public interface IMappingListener
{
    /// <summary>A mapping (or one segment of a list) ends.</summary>
    /// <param name="mapping">The mapping as it was made.</param>
    /// <param name="release">
    /// The unmap or free. A map, if memory is allocated at an address that was never freed as far as the source shows: then its free was not seen.
    /// </param>
    void Ended(in LiveMapping mapping, in MappingEvent release);

    /// <summary>A mapping, or a part of it, is synced.</summary>
    void Synced(in LiveMapping mapping, in MappingEvent sync);

    /// <summary>An unmap or a sync of something never seen, which may have been mapped before the source began (<see cref="OwnershipOptions.BeginsAnywhere"/>).</summary>
    void Unknown(in MappingEvent e);
}
