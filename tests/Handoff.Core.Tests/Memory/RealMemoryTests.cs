namespace Handoff.Core.Tests.Memory;

/// <summary>Windows of real bytes: given back once, and no byte outside.</summary>
public sealed class RealMemoryTests
{
    [Fact]
    public void AWindowIsGivenBackOnce()
    {
        RealMemory memory = RealMemory.Reserve(new(0x1000), 8192);
        RealMemory copy = memory;
        memory.Free();
        Assert.Throws<InvalidOperationException>(copy.Free);
        default(RealMemory).Free();
    }

    [Fact]
    public void NoBytesOutside()
    {
        RealMemory memory = RealMemory.Reserve(new(0x1000), 8192);
        Assert.Equal(8192, memory.Bytes(new(0x1000), 8192).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Bytes(new(0xfff), 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Bytes(new(0x1001), 8192).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Bytes(new(0x1000), -1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Copy(new(0x1000), new(0x2000), ulong.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Zero(new(ulong.MaxValue), 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => default(RealMemory).Bytes(new(0), 1).Length);
        memory.Free();
    }

    [Fact]
    public void WindowsThatCannotBe()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => RealMemory.Reserve(new(0), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => RealMemory.Reserve(new(4096), ulong.MaxValue));
        Assert.Throws<InsufficientMemoryException>(() => RealMemory.Reserve(new(0), 1UL << 60));
    }
}
