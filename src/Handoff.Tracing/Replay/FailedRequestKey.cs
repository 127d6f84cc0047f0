namespace Handoff.Tracing.Replay;

/// <summary>What makes two failing maps attempts of one request.</summary>
/// <param name="Device">The device.</param>
/// <param name="Address">Where the buffer (of a list: its first bounced entry) begins.</param>
/// <param name="Size">Its length.</param>
/// <param name="Direction">The direction; NONE for lists, where it is not recorded.</param>
internal readonly record struct FailedRequestKey(int Device, ulong Address, ulong Size, DmaDirection Direction);
