using System.Text;
using Handoff.Kernels;

namespace Handoff.Core.Tests.Kernels;

/// <summary>A booted machine on real bytes, with the names used by the tests.</summary>
internal sealed class Box : IDisposable
{
    public const ulong GiB = 1UL << 30, Above4GiB = 5 * GiB;

    public Box(string kernel, string swiotlb = "1024,1", Architecture architecture = Architecture.Arm64, MemoryEncryption encryption = MemoryEncryption.None, uint line = 64)
    {
        Machine = new Machine
        {
            Architecture = architecture,
            Ram = RamMap.Usual(architecture, 8 * GiB),
            SwiotlbParameter = swiotlb,
            Cpus = 8,
            Encryption = encryption,
            CacheLineSize = line,
        };
        Kernel = KernelProfiles.Parse(kernel).Profile ?? throw new ArgumentException(KernelProfiles.Parse(kernel).Error);
        Memory = RealMemory.For(Machine);
        Layer = new DmaLayer<RealMemory>(Machine, Kernel, Memory);
    }

    public Machine Machine { get; }

    public KernelProfile Kernel { get; }

    public RealMemory Memory { get; }

    public DmaLayer<RealMemory> Layer { get; }

    public PhysicalAddress Pool => Layer.Swiotlb!.DefaultPool.Start;

    public void Dispose() => Memory.Free();

    /// <summary>A device with a mask of so many bits.</summary>
    public static Device Device(int bits, bool coherent = false, string name = "camera") =>
        new(name) { DmaMask = DmaMask.Bits(bits), CoherentDmaMask = DmaMask.Bits(bits), Coherent = coherent };

    public void Write(ulong address, string text) => Encoding.ASCII.GetBytes(text, Memory.Bytes(new(address), text.Length));

    public string Read(ulong address, int size) => Encoding.ASCII.GetString(Memory.Bytes(new(address), size));

    /// <summary>What the device sees or writes: through its DMA address.</summary>
    public ulong Reach(Device device, DmaAddress address) => Layer.Rules.ToPhysical(device, address).Value;

    /// <summary>Bytes of former tenants in every slot.</summary>
    public void SoilPool(char tenant)
    {
        for (ulong at = 0; at < Layer.Swiotlb!.DefaultPool.Size; at += 4096)
            Memory.Bytes(Pool + at, 4096).Fill((byte)tenant);
    }
}
