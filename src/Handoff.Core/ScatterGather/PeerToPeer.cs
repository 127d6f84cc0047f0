namespace Handoff;

/// <summary>How a device reaches memory of another PCI device.</summary>
/// <remarks>Kernel: <c>enum pci_p2pdma_map_type</c> (<c>drivers/pci/p2pdma.c</c>).</remarks>
public enum PeerToPeer
{
    /// <summary>The entry is ordinary RAM.</summary>
    None,

    /// <summary>Through a common switch: the peer's bus address is used.</summary>
    BusAddress,

    /// <summary>Through the host bridge: mapped like RAM, but never bounced.</summary>
    ThroughHostBridge,

    /// <summary>Not reachable.</summary>
    NotSupported,
}
