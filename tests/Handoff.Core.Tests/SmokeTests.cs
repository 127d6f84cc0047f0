namespace Handoff.Core.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void AssemblyHasItsName() => Assert.Equal("Handoff.Core.Tests", typeof(SmokeTests).Assembly.GetName().Name);
}
