using Handoff.Ownership;

namespace Handoff.Tracing.Mappings;

/// <summary>Is told by a <see cref="MappingFollower"/> what happens to mappings.</summary>
internal interface IMappingSink : IMappingListener
{
    /// <summary>A map or an allocation succeeded.</summary>
    void Mapped(in MappedBuffer buffer);

    /// <summary>A map or an allocation failed.</summary>
    /// <param name="buffer">What failed: of a list the entry that did.</param>
    /// <param name="used">Slots in use of the device's pool then.</param>
    /// <param name="own">Slots that earlier entries of the same list held then.</param>
    void Failed(in MappedBuffer buffer, long used, int own);

    /// <summary>Slots in use now of the pool that a device's requests go to.</summary>
    long SlotsInUse(int device);

    /// <summary>Everything live will be forgotten at once: what becomes of it is not recorded.</summary>
    void Forgetting(IEnumerable<LiveMapping> live);

    /// <summary>Events are missing: nothing is known of what was mapped before, nor sure of what was found since the first of them.</summary>
    /// <param name="time">From here on all events are there.</param>
    /// <param name="since">After this time the first was lost.</param>
    void Gap(ulong time, ulong since);

    /// <summary>From here on all events of some processor are missing: what is live is not known any more, only what is mapped.</summary>
    void Partial();

    /// <summary>A rule of ownership is broken. The follower's <see cref="MappingFollower.Cpu"/> and so on tell where.</summary>
    void Found(Finding finding);
}
