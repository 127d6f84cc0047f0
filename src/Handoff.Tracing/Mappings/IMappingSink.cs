using Handoff.Ownership;

namespace Handoff.Tracing.Mappings;

/// <summary>Is told by a <see cref="MappingFollower"/> what happens to mappings.</summary>
internal interface IMappingSink : IMappingListener
{
    /// <summary>A map or an allocation succeeded.</summary>
    void Mapped(in MappedBuffer buffer);

    /// <summary>A map or an allocation failed. For lists that left no event, one call for each bounce attempt that was not followed by a map.</summary>
    void Failed(in MappedBuffer buffer);

    /// <summary>Events are missing here: nothing is known of what was mapped before.</summary>
    void Gap(ulong time);

    /// <summary>A rule of ownership is broken. The follower's <see cref="MappingFollower.Cpu"/> and so on tell where.</summary>
    void Found(Finding finding);
}
