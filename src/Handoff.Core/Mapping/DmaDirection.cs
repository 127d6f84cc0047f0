namespace Handoff;

/// <summary>Who writes the buffer while the device owns it.</summary>
/// <remarks>Kernel: <c>enum dma_data_direction</c> (<c>include/linux/dma-direction.h</c>), same numbers.</remarks>
public enum DmaDirection
{
    /// <summary>Both sides read and write. Kernel: <c>DMA_BIDIRECTIONAL</c>.</summary>
    Bidirectional = 0,

    /// <summary>The device reads what the CPU wrote. Kernel: <c>DMA_TO_DEVICE</c>.</summary>
    ToDevice = 1,

    /// <summary>The device writes what the CPU will read. Kernel: <c>DMA_FROM_DEVICE</c>.</summary>
    FromDevice = 2,

    /// <summary>No direction: a debugging value, refused by every call. Kernel: <c>DMA_NONE</c>.</summary>
    None = 3,
}
