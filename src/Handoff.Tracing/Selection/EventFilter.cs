using System.Collections.Immutable;

namespace Handoff.Tracing.Selection;

/// <summary>Which events of a recording are wanted. What is not set does not restrict.</summary>
public sealed record EventFilter
{
    /// <summary>Names of devices; <c>*</c> stands for anything, <c>?</c> for one character.</summary>
    public ImmutableArray<string> Devices { get; init; } = [];

    /// <summary>Names of events: the kernel's (<c>dma_map_phys</c>) or the kind's (<c>map_page</c>); <c>*</c> and <c>?</c> as for devices.</summary>
    public ImmutableArray<string> Events { get; init; } = [];

    /// <summary>Not before this time, in the units of <see cref="Recordings.DmaEvent.Time"/>.</summary>
    public ulong? From { get; init; }

    /// <summary>Not after this time.</summary>
    public ulong? To { get; init; }

    /// <summary>From the first marker that contains this text (UTF-8) on.</summary>
    public string? FromMarker { get; init; }

    /// <summary>Up to the first marker after the beginning that contains this text, itself included.</summary>
    public string? ToMarker { get; init; }

    /// <summary>Touching these addresses: physical, device or virtual ones.</summary>
    public AddressRange? Addresses { get; init; }

    /// <summary>Keep notes about lost events and, with <see cref="Devices"/> or <see cref="Addresses"/>, also markers, which have neither.</summary>
    public bool KeepMarkers { get; init; }

    /// <summary>Whether every event is wanted.</summary>
    public bool IsEverything =>
        Devices.IsEmpty && Events.IsEmpty && From is null && To is null && FromMarker is null && ToMarker is null && Addresses is null;
}
