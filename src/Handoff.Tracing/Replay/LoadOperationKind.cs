namespace Handoff.Tracing.Replay;

/// <summary>What one operation of a recorded load does.</summary>
public enum LoadOperationKind : byte
{
    /// <summary>Maps a buffer, or one entry of a list.</summary>
    Map,

    /// <summary>Ends a mapping.</summary>
    Unmap,

    /// <summary>The CPU looks at (a part of) a mapping.</summary>
    SyncForCpu,

    /// <summary>The device gets (a part of) a mapping back.</summary>
    SyncForDevice,

    /// <summary>Takes coherent memory out of a restricted pool.</summary>
    Allocate,

    /// <summary>Gives such memory back.</summary>
    Free,

    /// <summary>From here on the device has this streaming mask (in <see cref="LoadOperation.Size"/>).</summary>
    SetMask,

    /// <summary>From here on the bus carries the device's addresses up to this one (in <see cref="LoadOperation.Size"/>).</summary>
    SetBusLimit,

    /// <summary>From here on slots repeat these low address bits (in <see cref="LoadOperation.Size"/>).</summary>
    SetMinAlignMask,

    /// <summary>From here on the device snoops the caches (<see cref="LoadOperation.Size"/> 1) or does not (0).</summary>
    SetCoherent,

    /// <summary>A request that failed in the recording is over: its driver has stopped asking.</summary>
    Forget,
}
