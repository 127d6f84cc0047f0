namespace Handoff.Tracing.Bundles;

/// <summary>One PCI device as sysfs showed it when the recording ended.</summary>
/// <param name="Name">Address, such as <c>0000:00:02.0</c>.</param>
/// <param name="Id">Vendor and device, such as <c>0x1b36:0x0010</c>.</param>
/// <param name="Driver">Driver bound to it, empty for none.</param>
/// <param name="MaskBits">Width of the streaming mask in bits.</param>
/// <param name="CoherentMaskBits">Width of the coherent mask in bits.</param>
public sealed record PciDeviceFacts(string Name, string Id, string Driver, int MaskBits, int CoherentMaskBits);
